//! A machine that is a folder: `--rootfs`.

use std::sync::Arc;

use crate::world::{
    Door, FileKind, Files, MachinePath, Node, NodeError, NodeFacts, ServiceOperation,
};

/// The node below another root. Its files are there; nothing of it runs, so
/// there is no service manager to ask.
pub struct RootfsNode {
    facts: NodeFacts,
    files: Arc<dyn Files>,
}

impl RootfsNode {
    pub fn new(facts: NodeFacts, files: Arc<dyn Files>) -> Self {
        Self { facts, files }
    }
}

impl Node for RootfsNode {
    fn facts(&self) -> &NodeFacts {
        &self.facts
    }

    fn has_directory(&self, path: &MachinePath) -> bool {
        // Of the facts as well: they may be given for the machine this folder
        // will be.
        self.facts.directories.contains(path.as_str())
            || self
                .files
                .stat(path)
                .is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::Directory))
    }

    fn has_accounts(&self) -> bool {
        true
    }

    fn service<'a>(
        &'a self,
        _name: &'a str,
        _operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>> {
        Box::pin(std::future::ready(Err(NodeError::NoServiceManager)))
    }

    fn service_active<'a>(&'a self, _name: &'a str) -> Door<'a, Result<bool, NodeError>> {
        Box::pin(std::future::ready(Err(NodeError::NoServiceManager)))
    }
}
