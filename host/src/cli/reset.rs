//! `kubewright reset`

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};

use super::machine::{Machine, MachineArguments};
use super::mounts::Mounts;
use super::output::Output;
use super::run::now;
use crate::effect::{
    DiskJournal, Ledger, Outcome, Record, RunHeader, RunStart, State, Undo, empty_folder,
};
use crate::world::machine::ServiceManager;
use crate::world::sandbox::SandboxFiles;
use crate::world::{Files, MachinePath, ServiceOperation};

/// Makes this machine what it was before `init`: undoes what the journal says,
/// backwards, and nothing else. A machine that kubeadm made is reset as
/// kubeadm would. The journal itself stays (`kubewright history`).
#[derive(Args)]
pub struct Reset {
    #[command(flatten)]
    machine: MachineArguments,
    /// Reset the node without prompting for confirmation, and remove what was
    /// changed since as well.
    #[arg(long, short)]
    force: bool,
    /// Don't prompt for confirmation; what was changed since is kept.
    #[arg(long, short)]
    yes: bool,
    /// Don't apply any changes; just output what would be done.
    #[arg(long)]
    dry_run: bool,
    /// The path to the directory where the certificates are stored, for a
    /// machine without a journal. Its contents are removed.
    #[arg(long, value_name = "DIR", default_value = "/etc/kubernetes/pki")]
    cert_dir: String,
    /// Cleanup the "/etc/kubernetes/tmp" directory.
    #[arg(long)]
    cleanup_tmp_dir: bool,
}

/// The kubeconfigs that kubeadm writes.
const KUBECONFIGS: [&str; 6] = [
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/super-admin.conf",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/bootstrap-kubelet.conf",
    "/etc/kubernetes/controller-manager.conf",
    "/etc/kubernetes/scheduler.conf",
];

impl Reset {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let machine = self.machine.open()?;
        machine.require_root("reset")?;
        let ledger = machine.ledger()?;
        // A dry run undoes in memory what a real one undoes on the machine.
        let files: Arc<dyn Files> = match self.dry_run {
            true => Arc::new(SandboxFiles::over(Some(Arc::clone(&machine.files) as _))),
            false => Arc::clone(&machine.files) as _,
        };
        let mut undoing = Undoing {
            machine: &machine,
            files,
            output,
            dry_run: self.dry_run,
            force: self.force,
            run: 0,
            done: Vec::new(),
        };
        if self.dry_run {
            return undoing.run(self, &ledger, None);
        }
        let folder = Arc::new(machine.folder());
        let lock = folder.lock("reset")?;
        self.confirm(&ledger, machine.folder().numbers()?.is_empty())?;
        // Once more, under the lock.
        let ledger = machine.ledger()?;
        let header = RunHeader {
            command: "reset".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now()?,
            ..RunHeader::default()
        };
        let start = RunStart {
            header,
            configuration: Vec::new(),
        };
        let journal = DiskJournal::begin(folder, lock, start)?;
        undoing.run = journal.run();
        let result = undoing.run(self, &ledger, Some(&journal));
        let outcome = match &result {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Failed,
        };
        journal.end(outcome, now()?)?;
        result
    }

    fn confirm(&self, ledger: &Ledger, first: bool) -> anyhow::Result<()> {
        if self.force || self.yes || (ledger.is_empty() && !first) {
            return Ok(());
        }
        let what = match first {
            true => {
                "there is no journal: changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted, and what is in their folders removed"
            }
            false => "changes made to this host by kubewright will be reverted",
        };
        if !std::io::stdin().is_terminal() {
            bail!("{what}; give --yes (or --force) to confirm that where nobody can be asked");
        }
        eprint!("[reset] WARNING: {what}.\n[reset] Are you sure you want to proceed? [y/N]: ");
        // A prompt that cannot be shown is answered by nobody.
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .context("cannot read the answer")?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => bail!("aborted reset operation"),
        }
    }
}

/// A reset at work.
struct Undoing<'a> {
    machine: &'a Machine,
    files: Arc<dyn Files>,
    output: &'a Output,
    dry_run: bool,
    force: bool,
    /// The number of this run; 0 for a dry one.
    run: u64,
    done: Vec<Value>,
}

impl Undoing<'_> {
    fn run(
        mut self,
        reset: &Reset,
        ledger: &Ledger,
        journal: Option<&DiskJournal>,
    ) -> anyhow::Result<()> {
        let mounts = Mounts::read(self.machine.files.root())?;
        self.warn_of_members()?;
        self.stop_kubelet()?;
        self.unmount(&mounts, journal.is_some())?;
        let mounts = Mounts::read(self.machine.files.root())?;
        let mut state_folders = match ledger.is_empty() {
            // Nothing of ours ever started.
            true => Default::default(),
            false => ledger.state_folders.clone(),
        };
        if self.made_by_kubeadm(ledger)? {
            for folder in self.kubeadm_folders(reset)? {
                state_folders.insert(folder, State::Absent);
            }
            for path in KUBECONFIGS {
                self.remove_file(&MachinePath::parse(path)?)?;
            }
        }
        if reset.cleanup_tmp_dir {
            state_folders.insert(MachinePath::parse("/etc/kubernetes/tmp")?, State::Absent);
        }
        for (folder, before) in &state_folders {
            self.empty(folder, before, &mounts)?;
        }
        let mut kept = 0;
        for (path, touched) in ledger.backwards() {
            let undo = Undo::of(&*self.files, path, touched, self.force)?;
            match &undo {
                Undo::Keep(why) => {
                    kept += 1;
                    self.tell(path, "kept", why);
                    continue;
                }
                Undo::Nothing => {}
                other => self.tell(path, other.words(), ""),
            }
            undo.carry_out(&self.machine.folder(), &*self.files, path)?;
            if let Some(journal) = journal {
                journal.append(&Record::Undone { path: path.clone() })?;
            }
        }
        if let Some(journal) = journal {
            for path in ledger.state_folders.keys() {
                if ledger.get(path).is_none() {
                    journal.append(&Record::Undone { path: path.clone() })?;
                }
            }
        }
        let line = match (self.done.is_empty(), self.dry_run) {
            (true, _) => {
                "Nothing of kubewright's is left to undo; --force removes what others left, as kubeadm reset does."
            }
            (false, true) => "This is what would be done; nothing was.",
            (false, false) => "This machine is reset.",
        };
        self.output.line(line);
        if kept > 0 {
            self.output.line(&format!(
                "{kept} kept because others changed them; --force undoes these as well."
            ));
        }
        self.output.line(
            "Not touched: iptables, nftables and IPVS rules, CNI configuration, images, containers and the Node object; remove them yourself where they matter.",
        );
        self.output
            .result(&json!({ "dryRun": self.dry_run, "kept": kept, "steps": self.done }));
        Ok(())
    }

    /// Whether to reset as kubeadm does: no run of ours ever was here; or one
    /// was, none of it is left, and the operator insists.
    fn made_by_kubeadm(&self, ledger: &Ledger) -> anyhow::Result<bool> {
        Ok(ledger.is_empty()
            && (self.force
                || !self
                    .machine
                    .folder()
                    .numbers()?
                    .iter()
                    .any(|run| *run != self.run)))
    }

    fn tell(&mut self, what: &dyn std::fmt::Display, step: &str, why: &str) {
        let reason = match why {
            "" => String::new(),
            why => format!(": {why}"),
        };
        self.output.line(&format!("[reset] {step} {what}{reason}"));
        self.done
            .push(json!({ "step": step, "target": what.to_string(), "reason": why }));
    }

    /// The other members of an etcd cluster go on waiting for one that is not
    /// taken out of it.
    fn warn_of_members(&self) -> anyhow::Result<()> {
        let manifest = MachinePath::parse("/etc/kubernetes/manifests/etcd.yaml")?;
        if self.files.stat(&manifest)?.is_none() {
            return Ok(());
        }
        let text = self.files.read(&manifest, 1 << 20)?;
        let joined = String::from_utf8_lossy(&text)
            .lines()
            .any(|line| line.contains("--initial-cluster=") && line.contains(','));
        if joined {
            self.output.warning(
                "this machine's etcd is a member of a cluster of several: remove it with `etcdctl member remove` on another member",
            );
        }
        Ok(())
    }

    /// Only of the machine this runs on, and only where there is a manager.
    fn stop_kubelet(&mut self) -> anyhow::Result<()> {
        let Some(manager) = ServiceManager::running().filter(|_| self.machine.is_this) else {
            return Ok(());
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        if !runtime
            .block_on(manager.is_active("kubelet"))
            .unwrap_or(false)
        {
            return Ok(());
        }
        self.tell(&"kubelet", "stopped", "");
        if !self.dry_run {
            runtime
                .block_on(manager.operate("kubelet", ServiceOperation::Stop))
                .context("cannot stop the kubelet; with it running nothing stays removed")?;
        }
        Ok(())
    }

    /// Unmounts what the kubelet mounted. What cannot be unmounted is not
    /// entered later on.
    fn unmount(&mut self, mounts: &Mounts, really: bool) -> anyhow::Result<()> {
        let kubelet = MachinePath::parse("/var/lib/kubelet")?;
        for path in mounts.below(&kubelet) {
            self.tell(&path, "unmounted", "");
            if really && let Err(error) = mounts.unmount(&path) {
                self.output.warning(&format!(
                    "{path} cannot be unmounted and is left as it is: {error:#}"
                ));
            }
        }
        Ok(())
    }

    /// kubeadm's folders whose contents it removes.
    fn kubeadm_folders(&self, reset: &Reset) -> anyhow::Result<Vec<MachinePath>> {
        let files = &self.machine.files;
        let etcd = MachinePath::parse("/etc/kubernetes/manifests/etcd.yaml")?;
        let mut folders = vec![
            MachinePath::parse("/etc/kubernetes/manifests")?,
            MachinePath::parse("/var/lib/kubelet")?,
            MachinePath::parse(&reset.cert_dir).context("--cert-dir")?,
        ];
        // Only a member of a stacked etcd has a manifest; its data lies where
        // that says.
        if files.stat(&etcd)?.is_some() {
            let text = files.read(&etcd, 1 << 20)?;
            let pod: Value = serde_saphyr::from_str(&String::from_utf8_lossy(&text))
                .map_err(|_| anyhow::anyhow!("{etcd} is not YAML"))?;
            let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
            let data = volumes
                .into_iter()
                .flatten()
                .find(|volume| volume["name"] == "etcd-data")
                .and_then(|volume| volume.pointer("/hostPath/path")?.as_str());
            folders.push(MachinePath::parse(data.unwrap_or("/var/lib/etcd"))?);
        }
        Ok(folders)
    }

    fn remove_file(&mut self, path: &MachinePath) -> anyhow::Result<()> {
        if self.files.stat(path)?.is_some() {
            self.tell(path, "removed", "");
            self.files.remove(path)?;
        }
        Ok(())
    }

    /// Empties a folder that programs of the cluster filled, if there was
    /// nothing in it before they did.
    fn empty(
        &mut self,
        folder: &MachinePath,
        before: &State,
        mounts: &Mounts,
    ) -> anyhow::Result<()> {
        let files = Arc::clone(&self.files);
        match files.stat(folder)? {
            Some(found) if found.kind == crate::world::FileKind::Directory => {}
            _ => return Ok(()),
        }
        if files.list(folder)?.is_empty() {
            return Ok(());
        }
        let was_empty = matches!(before, State::Absent | State::Directory { empty: true, .. });
        if !was_empty && !self.force {
            self.tell(
                folder,
                "kept the contents of",
                "something was in it before; --force empties it",
            );
            return Ok(());
        }
        self.tell(folder, "emptied", "");
        empty_folder(&*files, folder, &|path| mounts.is_mount(path))?;
        Ok(())
    }
}
