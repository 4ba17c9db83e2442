//! Installing packages on a system of the Debian family, and asking it where its packages come from.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Installs packages into the system.
pub fn install(packages: &[&str]) -> Result<()> {
    update()?;
    let mut command = as_root("apt-get")?;
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages);
    shell::read(&mut command).map(drop)
}

/// Renews the package lists.
pub fn update() -> Result<()> {
    shell::read(as_root("apt-get")?.arg("update")).map(drop)
}

/// The address that the machine's own sources give for Debian's main archive, so that a mirror or a proxy
/// that was set up here is used for the newer packages too.
pub fn mirror() -> Result<String> {
    if let Some(found) = known_mirror()? {
        return Ok(found);
    }
    update().context("the package lists cannot be renewed")?;
    known_mirror()?.context("the machine's package sources name no Debian archive")
}

fn known_mirror() -> Result<Option<String>> {
    if shell::which("apt-get").is_none() {
        bail!("this is no system of the Debian family (there is no apt-get)");
    }
    let format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", format, "Created-By: Packages"]);
    Ok(pick(&shell::read(&mut command)?))
}

fn pick(targets: &str) -> Option<String> {
    targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian|Debian|"))
        .map(|uri| uri.trim_end_matches('/').to_string())
}

fn as_root(program: &str) -> Result<Command> {
    let path = shell::which(program).with_context(|| {
        format!(
            "there is no {program} here; install the tools by hand, the table below names what is missing"
        )
    })?;
    if rustix::process::geteuid().is_root() {
        return Ok(Command::new(path));
    }
    let Some(sudo) = shell::which("sudo") else {
        bail!("{program} needs root and there is no sudo; run `cargo xtask setup` as root once");
    };
    let mut command = Command::new(sudo);
    command.arg("--preserve-env=DEBIAN_FRONTEND").arg(path);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_archive_is_picked() {
        let targets = "Google|cloud|https://c.example/\nDebian|Debian-Security|http://s.example/x/\n\
                       Debian|Debian|http://m.example/debian/\nDebian|Debian|http://other.example/debian/";
        assert_eq!(pick(targets).as_deref(), Some("http://m.example/debian"));
        assert_eq!(pick("Ubuntu|Ubuntu|http://u.example/ubuntu/"), None);
    }
}
