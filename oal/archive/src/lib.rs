//! Builds `liboal_snapshot.a`: compiles package `oal` as a static library, links it into one object, and
//! hides every symbol that `oal/symbols.txt` does not name.
//!
//! A Rust static library is a bundle of objects: the library's own, and the compiler's helpers, with global
//! names that other libraries have too: `memcpy`, `__aeabi_uldivmod`, the panic handler. One relocatable
//! object with local names cannot clash with any of them. Sections stay apart, so the user's `--gc-sections`
//! still drops what is not called.
//!
//! The tools are those that come with rustc (`rust-lld`, `rust-objcopy`); where they are missing, GNU's of
//! the target.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

/// The names that the library exports, one to a line.
pub const SYMBOLS: &str = include_str!("../../symbols.txt");

/// The names, in the order of the file.
pub fn names() -> Vec<&'static str> {
    SYMBOLS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// The folder of package `oal`.
pub fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Compiles with `cargo`, a command that ends in its verb `rustc`, with the target chosen if it is not the
/// host, and puts the library into `out`, a folder that is made, with its objects beside it. Returns its
/// path.
///
/// # Errors
/// If a tool is missing or fails.
pub fn build(mut cargo: Command, target: Option<&str>, out: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(out)?;
    let folder = out.join("cargo");
    cargo.args(["--quiet", "--package", "oal", "--lib", "--release", "--crate-type", "staticlib"]);
    cargo.args(["--features", "archive", "--target-dir"]).arg(&folder);
    run(&mut cargo)?;
    let raw = folder.join(target.unwrap_or(".")).join("release/liboal.a");
    let tools = Tools::find(target)?;
    let object = out.join("oal_snapshot.o");
    let mut link = tools.linker();
    link.arg("-r").arg("-o").arg(&object);
    names().iter().for_each(|name| {
        link.args(["-u", name]);
    });
    run(link.arg(&raw))?;
    let list = out.join("keep.txt");
    std::fs::write(&list, names().join("\n") + "\n")?;
    let mut objcopy = tools.objcopy();
    objcopy.arg(format!("--keep-global-symbols={}", list.display())).arg("--strip-debug");
    // Bitcode of the compiler's helpers, which GNU's tools stumble over, and tables for unwinding, which nobody does.
    for section in [".llvmbc", ".llvmcmd", ".ARM.exidx*", ".ARM.extab*", ".eh_frame", ".comment"] {
        objcopy.arg(format!("--remove-section={section}"));
    }
    run(objcopy.arg(&object))?;
    let library = out.join("liboal_snapshot.a");
    std::fs::write(&library, archive(&std::fs::read(&object)?, &exported(&std::fs::read(&object)?)?))?;
    Ok(library)
}

/// The archive of one member, with the index that linkers want, in the format that System V and GNU share.
fn archive(object: &[u8], symbols: &[String]) -> Vec<u8> {
    let mut index = (symbols.len() as u32).to_be_bytes().to_vec();
    let names: Vec<u8> = symbols.iter().flat_map(|name| name.bytes().chain([0])).collect();
    let index_len = 4 + 4 * symbols.len() + names.len();
    let member_at = MAGIC.len() + HEADER + index_len.next_multiple_of(2);
    for _ in symbols {
        index.extend((member_at as u32).to_be_bytes());
    }
    index.extend(names);
    let mut bytes = MAGIC.to_vec();
    for (name, data) in [("/", &index[..]), ("oal_snapshot.o/", object)] {
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, data.len()).bytes());
        bytes.extend(data);
        if !data.len().is_multiple_of(2) {
            bytes.push(b'\n');
        }
    }
    bytes
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// The global names that an object defines, sorted.
fn exported(object: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(object)?;
    let mut names: Vec<String> = file
        .symbols()
        .filter(|symbol| symbol.is_global() && symbol.is_definition())
        .filter_map(|symbol| symbol.name().ok().map(str::to_string))
        .collect();
    names.sort();
    Ok(names)
}

/// The symbols that an archive's objects define, and those that they need from elsewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// Global names that are defined.
    pub exported: Vec<String>,
    /// Names that somebody else must define.
    pub imported: Vec<String>,
    /// Names that only the library sees.
    pub hidden: Vec<String>,
}

/// Reads the symbols of an archive.
///
/// # Errors
/// If it is none.
pub fn surface(library: &Path) -> Result<Surface> {
    let bytes = std::fs::read(library)?;
    let mut surface = Surface::default();
    for member in ArchiveFile::parse(&*bytes)?.members() {
        let data = member?.data(&*bytes)?;
        surface.exported.extend(exported(data)?);
        let file = object::File::parse(data)?;
        for symbol in file.symbols() {
            let Ok(name) = symbol.name() else { continue };
            if symbol.is_undefined() && !name.is_empty() {
                surface.imported.push(name.to_string());
            } else if !symbol.is_global() && !name.is_empty() {
                surface.hidden.push(name.to_string());
            }
        }
    }
    surface.exported.sort();
    surface.imported.sort();
    surface.hidden.sort();
    Ok(surface)
}

/// Bytes that a program takes of the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Code and constants.
    pub text: u64,
    /// Initialised data.
    pub data: u64,
    /// Zeroed data.
    pub bss: u64,
}

/// The programs of `sizes/`.
const PROGRAMS: [&str; 9] = [
    "hooks",
    "loader",
    "engine_block",
    "engine_nor",
    "engine_nand",
    "driver_cfi",
    "driver_pl181",
    "driver_sdhci",
    "driver_onenand",
];

/// The size of the library in each program of `sizes/` for a bare-metal ARM, by its file's name: each is
/// linked with `compiler`, arm-none-eabi-gcc, and `--gc-sections`. The program itself is less than 200 bytes.
///
/// # Errors
/// If the compiler is missing or fails.
pub fn sizes(compiler: &str, library: &Path, scratch: &Path) -> Result<Vec<(String, Size)>> {
    std::fs::create_dir_all(scratch)?;
    let sources = package().join("archive/sizes");
    let mut sizes = Vec::new();
    for name in PROGRAMS {
        let program = scratch.join(name);
        let mut command = Command::new(compiler);
        command.args([
            "-std=c99",
            "-mcpu=cortex-a9",
            "-marm",
            "-Os",
            "-ffreestanding",
            "-nostdlib",
            "-static",
        ]);
        command.args([
            "-Wl,--gc-sections",
            "-Wl,-e,start",
            "-Wl,--defsym,config=0x80000000",
            "-Wl,--build-id=none",
            "-Wl,-z,noexecstack",
        ]);
        command.arg("-I").arg(package().join("include"));
        command.arg(sources.join(format!("{name}.c"))).arg(library).arg("-o").arg(&program);
        run(&mut command)?;
        sizes.push((name.to_string(), size_of_program(&std::fs::read(program)?)?));
    }
    Ok(sizes)
}

fn size_of_program(bytes: &[u8]) -> Result<Size> {
    let file = object::File::parse(bytes)?;
    let mut size = Size::default();
    for section in file.sections() {
        match section.kind() {
            SectionKind::Text
            | SectionKind::ReadOnlyData
            | SectionKind::ReadOnlyDataWithRel
            | SectionKind::ReadOnlyString => size.text += section.size(),
            SectionKind::Data => size.data += section.size(),
            SectionKind::UninitializedData => size.bss += section.size(),
            _ => {}
        }
    }
    Ok(size)
}

/// A linker and an objcopy for a target.
struct Tools {
    linker: (PathBuf, &'static [&'static str]),
    objcopy: PathBuf,
}

impl Tools {
    fn find(target: Option<&str>) -> Result<Tools> {
        let output = Command::new("rustc").args(["--print", "target-libdir"]).output().context("rustc")?;
        ensure!(output.status.success(), "rustc does not say where its libraries are");
        let libraries = PathBuf::from(String::from_utf8(output.stdout)?.trim());
        let folder = libraries.parent().map(|parent| parent.join("bin")).unwrap_or_default();
        let (lld, objcopy) = (folder.join("rust-lld"), folder.join("rust-objcopy"));
        if lld.is_file() && objcopy.is_file() {
            return Ok(Tools { linker: (lld, &["-flavor", "gnu"]), objcopy });
        }
        let prefix = match target {
            None => "",
            Some(triple) if triple.starts_with("armv7a") => "arm-none-eabi-",
            Some(triple) => bail!("no linker for {triple} is known besides rust-lld, and that is missing"),
        };
        let tool = |name| PathBuf::from(format!("{prefix}{name}"));
        Ok(Tools { linker: (tool("ld"), &[]), objcopy: tool("objcopy") })
    }

    fn linker(&self) -> Command {
        let mut command = Command::new(&self.linker.0);
        command.args(self.linker.1);
        command
    }

    fn objcopy(&self) -> Command {
        Command::new(&self.objcopy)
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    ensure!(
        output.status.success(),
        "{:?} failed:\n{}",
        command.get_program(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
