//! A component whose every phase is a misdeed. The tests run them one by one
//! and look at what the host makes of it.

mod accounts;
mod excess;
mod exhaustion;
mod program;
mod reach;
mod report;
mod secrets;
mod server;
mod words;

use kubewright_plugin::{Document, Result, bail};
use kubewright_test_hostile_calls::{PROGRAM, THEN};

fn idle(_: &Document) -> Result<()> {
    Ok(())
}

fn fails(_: &Document) -> Result<()> {
    bail!("I will not\x1b[2J\rerror: forged")
}

kubewright_plugin::phases! {
    summary: "Every misdeed that the tests know",
    "hostile/idle": "Do nothing" => idle,
    "hostile/fails": "Fail with a message that would clear the screen" => fails,
    "hostile/loop": "Never come to an end" => exhaustion::endless,
    "hostile/memory": "Ask for more and more memory" => exhaustion::memory,
    "hostile/handles": "Keep every handle" => exhaustion::handles,
    "hostile/calls": "Call the host all the time" => exhaustion::calls,
    "hostile/refused": "Ask all the time for what is wrong" => exhaustion::refused,
    "hostile/logs": "Log all the time" => exhaustion::logs,
    "hostile/argument": "Hand the host more than it takes" => exhaustion::argument,
    "hostile/bomb": "Compose content that doubles each time" => exhaustion::bomb,
    "hostile/recursion": "Call itself until the stack ends" => exhaustion::recursion,
    "hostile/panic": "Panic" => exhaustion::panic,
    "hostile/files": "Write and read outside of the grants" => reach::files,
    "hostile/paths": "Lead paths astray" => reach::paths,
    "hostile/service": "Stop a service" => reach::service,
    "hostile/accounts": "Make accounts, and take files of others" => accounts::accounts,
    "hostile/loose": "Let everybody read a private key" => accounts::loose,
    "hostile/kube": "Do what no rule grants" => reach::kube,
    "hostile/names": "Reach other resources with odd names" => reach::names,
    "hostile/kubeconfig": "Connect as somebody else" => reach::kubeconfig,
    "hostile/keys": "Use keys under other names" => reach::keys,
    "hostile/key-file": "Write a private key for everybody to read" => reach::key_file,
    "hostile/pod": "Write a Pod where the kubelet does not look" => reach::pod,
    "hostile/read": "Read every secret there is" => secrets::read,
    "hostile/disguise": "Write secrets in disguise" => secrets::disguise,
    "hostile/look": "Look at what was written in disguise" => secrets::look,
    "hostile/objects": "Get secrets out of objects" => secrets::objects,
    "hostile/ask-warn": "Ask the hostile policy for a warning" => |_| reach::ask("warn"),
    "hostile/ask-deny": "Ask the hostile policy for a denial" => |_| reach::ask("deny"),
    "hostile/ask-panic": "Ask the hostile policy to panic" => |_| reach::ask("panic"),
    "hostile/ask-loop": "Ask the hostile policy for a loop" => |_| reach::ask("loop"),
    "hostile/ask-flood": "Ask the hostile policy to flood the log" => |_| reach::ask("flood"),
    "hostile/program": "Do what a file asks for" => |_| program::run(PROGRAM),
    "hostile/then": "Do what another file asks for" => |_| program::run(THEN),
    "hostile/forges": "Say what would pass for the program's words" => words::forges,
    "hostile/forges-failing": "Fail with such words" => words::forges_failing,
    "hostile/open-directory": "Make a directory for a group" => excess::open_directory,
    "hostile/masters": "Make a certificate of system:masters" => excess::masters,
    "hostile/intermediate": "Have an authority signed" => excess::intermediate,
    "hostile/show": "Show a private key" => secrets::show,
    "hostile/server": "Ask a server that means no good" => server::ask,
    "hostile/connect": "Connect with what lies there" => server::connect,
}
