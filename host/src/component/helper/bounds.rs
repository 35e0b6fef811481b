//! What a component is made of, counted before it is compiled.
//!
//! wasmtime makes one flat list of all that a component does as it starts:
//! where a component instantiates another, what that does is in the list again.
//! Nested 27 times, twice each, 1,456 bytes do some 130 million things. So a
//! component costs what it does itself and what each component costs that it
//! instantiates, from the innermost outwards.
//!
//! This says what is wrong in words, at once. What it does not think of is left
//! to the limits of the process it runs in.

use std::fmt;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentType, ComponentTypeDeclaration, ComponentTypeRef, CoreType, Encoding, FunctionBody,
    InstanceTypeDeclaration, Parser, Payload,
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Depth,
    Components,
    Modules,
    Steps,
    Types,
    Functions,
    FunctionBytes,
    CodeBytes,
    Locals,
    TableElements,
    Names,
    NameBytes,
}

impl Thing {
    /// At most so many. The largest of the built-in components, and what other
    /// languages make, stay below a tenth of each.
    pub const fn limit(self) -> u64 {
        match self {
            Self::Depth => 16,
            Self::Components => 500,
            Self::Modules => 100,
            Self::Steps => 100_000,
            Self::Types => 100_000,
            Self::Functions => 100_000,
            Self::FunctionBytes => 1 << 20,
            Self::CodeBytes => 16 << 20,
            Self::Locals => 1_000_000,
            Self::TableElements => 2_000_000,
            Self::Names => 20_000,
            Self::NameBytes => 1_000,
        }
    }

    const COUNT: usize = 12;
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Depth => "components within each other",
            Self::Components => "components",
            Self::Modules => "modules",
            Self::Steps => {
                "steps to start it, those of each component in it as often as that is instantiated"
            }
            Self::Types => "types",
            Self::Functions => "functions",
            Self::FunctionBytes => "bytes in one function",
            Self::CodeBytes => "bytes of code",
            Self::Locals => "local variables",
            Self::TableElements => "elements in its tables",
            Self::Names => "imports and exports",
            Self::NameBytes => "bytes in the name of an import or export",
        })
    }
}

/// Why a component is not compiled.
#[derive(Debug, thiserror::Error)]
pub enum TooMuch {
    #[error("it has more than {} {}", .0.limit(), .0)]
    Of(Thing),
    /// What it would cost cannot be known.
    #[error("it instantiates a component that it does not hold itself")]
    Foreign,
    #[error("{0}")]
    Invalid(#[from] wasmparser::BinaryReaderError),
}

/// Counts what a component, or a module, is made of.
pub fn check(bytes: &[u8]) -> Result<(), TooMuch> {
    let mut counted = Counted {
        all: [0; Thing::COUNT],
        open: Vec::new(),
    };
    for payload in Parser::new(0).parse_all(bytes) {
        counted.take(payload?)?;
    }
    Ok(())
}

/// A component of which more is to come, or a module.
struct Open {
    is_component: bool,
    /// What it costs so far.
    steps: u64,
    /// What those components cost that it can name; none where that is not
    /// known.
    components: Vec<Option<u64>>,
}

struct Counted {
    all: [u64; Thing::COUNT],
    /// The outermost first.
    open: Vec<Open>,
}

impl Counted {
    fn add(&mut self, thing: Thing, count: u64) -> Result<(), TooMuch> {
        let Some(all) = self.all.get_mut(thing as usize) else {
            return Ok(());
        };
        *all = all.saturating_add(count);
        within(thing, *all)
    }

    fn take(&mut self, payload: Payload<'_>) -> Result<(), TooMuch> {
        match payload {
            Payload::Version { encoding, .. } => self.enter(encoding == Encoding::Component),
            Payload::End(_) => {
                self.leave();
                Ok(())
            }
            Payload::TypeSection(section) => self.add(Thing::Types, section.count().into()),
            Payload::ImportSection(section) => self.add(Thing::Names, section.count().into()),
            Payload::ExportSection(section) => self.add(Thing::Names, section.count().into()),
            Payload::FunctionSection(section) => self.add(Thing::Functions, section.count().into()),
            // wasmtime keeps the functions that a table begins with, one by one,
            // also where there is but one at its end.
            Payload::TableSection(section) => {
                for one in section {
                    self.add(Thing::TableElements, one?.ty.initial)?;
                }
                Ok(())
            }
            Payload::CodeSectionEntry(body) => self.function(&body),
            Payload::InstanceSection(section) => self.steps(section.count().into()),
            Payload::ComponentCanonicalSection(section) => self.steps(section.count().into()),
            Payload::ComponentStartSection { .. } => self.steps(1),
            Payload::CoreTypeSection(section) => {
                for one in section {
                    self.add(Thing::Types, core_types(&one?))?;
                }
                Ok(())
            }
            Payload::ComponentTypeSection(section) => {
                for one in section {
                    self.add(Thing::Types, types(&one?))?;
                }
                Ok(())
            }
            Payload::ComponentInstanceSection(section) => {
                for one in section {
                    self.instance(&one?)?;
                }
                Ok(())
            }
            Payload::ComponentAliasSection(section) => {
                for one in section {
                    self.alias(&one?)?;
                }
                Ok(())
            }
            Payload::ComponentImportSection(section) => {
                for one in section {
                    let one = one?;
                    self.name(one.name.name)?;
                    if let ComponentTypeRef::Component(_) = one.ty {
                        self.know(None);
                    }
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                for one in section {
                    let one = one?;
                    self.name(one.name.name)?;
                    if one.kind == ComponentExternalKind::Component {
                        let known = self.component(0, one.index);
                        self.know(known);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, is_component: bool) -> Result<(), TooMuch> {
        self.open.push(Open {
            is_component,
            steps: 0,
            components: Vec::new(),
        });
        within(Thing::Depth, self.open.len() as u64)?;
        match is_component {
            true => self.add(Thing::Components, 1),
            false => self.add(Thing::Modules, 1),
        }
    }

    fn leave(&mut self) {
        if let Some(Open {
            is_component: true,
            steps,
            ..
        }) = self.open.pop()
        {
            self.know(Some(steps));
        }
    }

    /// One more component that the innermost open one can name.
    fn know(&mut self, steps: Option<u64>) {
        if let Some(open) = self.open.last_mut() {
            open.components.push(steps);
        }
    }

    /// What a component costs that can be named so many levels further out;
    /// none where that is not known, or there is none (which wasmtime tells).
    fn component(&self, outwards: u32, index: u32) -> Option<u64> {
        let outwards = usize::try_from(outwards).ok()?;
        let level = self.open.len().checked_sub(1)?.checked_sub(outwards)?;
        let index = usize::try_from(index).ok()?;
        *self.open.get(level)?.components.get(index)?
    }

    /// Things that the innermost open component does as it starts.
    fn steps(&mut self, count: u64) -> Result<(), TooMuch> {
        match self.open.last_mut() {
            Some(open) => {
                open.steps = open.steps.saturating_add(count);
                within(Thing::Steps, open.steps)
            }
            None => Ok(()),
        }
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) -> Result<(), TooMuch> {
        match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                let inner = self.component(0, *component_index);
                let inner = inner.ok_or(TooMuch::Foreign)?;
                self.steps(inner.saturating_add(1 + args.len() as u64))
            }
            ComponentInstance::FromExports(exports) => self.steps(1 + exports.len() as u64),
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), TooMuch> {
        match alias {
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                count,
                index,
            } => {
                let known = self.component(*count, *index);
                self.know(known);
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Component,
                ..
            } => self.know(None),
            _ => {}
        }
        self.steps(1)
    }

    fn name(&mut self, name: &str) -> Result<(), TooMuch> {
        within(Thing::NameBytes, name.len() as u64)?;
        self.add(Thing::Names, 1)
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), TooMuch> {
        let size = body.as_bytes().len() as u64;
        within(Thing::FunctionBytes, size)?;
        self.add(Thing::CodeBytes, size)?;
        for locals in body.get_locals_reader()? {
            let (count, _) = locals?;
            self.add(Thing::Locals, count.into())?;
        }
        Ok(())
    }
}

fn within(thing: Thing, count: u64) -> Result<(), TooMuch> {
    match count > thing.limit() {
        true => Err(TooMuch::Of(thing)),
        false => Ok(()),
    }
}

/// How many types a type is, those declared in it as well.
fn types(found: &ComponentType<'_>) -> u64 {
    let inner: u64 = match found {
        ComponentType::Component(declared) => {
            let each = declared.iter().map(|one| match one {
                ComponentTypeDeclaration::Type(inner) => types(inner),
                ComponentTypeDeclaration::CoreType(inner) => core_types(inner),
                _ => 1,
            });
            each.sum()
        }
        ComponentType::Instance(declared) => {
            let each = declared.iter().map(|one| match one {
                InstanceTypeDeclaration::Type(inner) => types(inner),
                InstanceTypeDeclaration::CoreType(inner) => core_types(inner),
                _ => 1,
            });
            each.sum()
        }
        _ => 0,
    };
    inner.saturating_add(1)
}

fn core_types(found: &CoreType<'_>) -> u64 {
    match found {
        CoreType::Module(declared) => 1 + declared.len() as u64,
        CoreType::Rec(group) => group.types().len() as u64,
    }
}
