//! From the module that a compiler makes to a component.

use wit_component::ComponentEncoder;

use super::helper::{self, HelperError, Task};

/// Why no component can be made of a module.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("it is a component already")]
    Component,
    #[error("it is not WebAssembly: it does not begin with \\0asm")]
    NotWasm,
    /// It was not built with bindings of the contract, or imports what no
    /// interface of the contract has.
    #[error(
        "it was not built against the contract, or for another target than wasm32-unknown-unknown"
    )]
    Module(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it is not taken")]
    Helper(#[source] HelperError),
}

/// Makes a component of a core module that was built with bindings of the
/// contract in `wit/`: those name the world that the module is for.
///
/// A helper does it: some modules take the encoder down.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    check_head(module)?;
    helper::ask(Task::Encode, module).map_err(|error| match error {
        HelperError::Wrong(words) => EncodeError::Module(words.into()),
        error => EncodeError::Helper(error),
    })
}

fn check_head(module: &[u8]) -> Result<(), EncodeError> {
    match module.get(..8) {
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => Err(EncodeError::Component),
        _ => Err(EncodeError::NotWasm),
    }
}

/// As [`encode`], in this process.
pub(super) fn encode_here(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    check_head(module)?;
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| EncodeError::Module(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_of_the_contract_is_refused() {
        let module = b"\0asm\x01\0\0\0";
        let component = b"\0asm\x0d\0\x01\0";
        for (name, bytes, wanted) in [
            ("nothing", &b""[..], "not WebAssembly"),
            ("text", b"(module)", "not WebAssembly"),
            ("a component", component, "already"),
        ] {
            let message = encode_here(bytes).unwrap_err().to_string();
            assert!(message.contains(wanted), "{name}: {message}");
        }
        // An empty module is for the empty world.
        let made = encode_here(module).unwrap();
        assert_eq!(made.get(..8), Some(&component[..]));
        // A function of no interface: what a module built for WASI looks like.
        let imports = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x04wasi\x02go\0\0";
        assert!(matches!(encode_here(imports), Err(EncodeError::Module(_))));
    }
}
