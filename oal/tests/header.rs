//! The header is what cbindgen makes of the sources, and compiles everywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

fn header() -> PathBuf {
    oal_archive::package().join("include/oal_snapshot.h")
}

#[test]
fn the_header_is_made_from_the_sources() {
    let package = oal_archive::package();
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).expect("a configuration");
    let mut builder = cbindgen::Builder::new().with_config(config);
    // Every file with something for C; a `mod.rs` brings its folder.
    let files = [
        "types",
        "error",
        "config",
        "report",
        "cpu/mod",
        "capture",
        "store/mod",
        "drivers/mod",
        "stack",
        "engine",
        "one_call",
        "hooks",
        "restore",
    ];
    for file in files {
        builder = builder.with_src(package.join(format!("src/{file}.rs")));
    }
    let mut made = Vec::new();
    builder.generate().expect("bindings").write(&mut made);
    let made = String::from_utf8(made).expect("text").replace(" # Safety\n", " The caller promises:\n");
    if std::env::var_os("OAL_UPDATE_HEADER").is_some() {
        std::fs::create_dir_all(header().parent().unwrap()).unwrap();
        std::fs::write(header(), &made).unwrap();
    }
    let stored = std::fs::read_to_string(header()).expect("a header");
    assert!(stored == made, "the header is not that of the sources: run the test with OAL_UPDATE_HEADER=1");
}

/// Compiles a file that only includes the header.
fn compile(compiler: &str, options: &[&str], language: &str) {
    let missing = Command::new(compiler).arg("--version").output().is_err();
    if missing {
        eprintln!("skipped: there is no {compiler} here");
        return;
    }
    let folder = tempfile(compiler, language);
    let source = folder.join(if language == "c" { "use.c" } else { "use.cpp" });
    std::fs::write(&source, "#include \"oal_snapshot.h\"\n#include \"oal_snapshot.h\"\nint used;\n").unwrap();
    let output = Command::new(compiler)
        .args(options)
        .args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-c", "-x", language, "-I"])
        .arg(header().parent().unwrap())
        .arg(&source)
        .arg("-o")
        .arg(folder.join("use.o"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{compiler} {options:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn tempfile(compiler: &str, language: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{compiler}-{language}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_header_is_c99_without_a_warning() {
    compile("gcc", &["-std=c99", "-Wstrict-prototypes"], "c");
    compile("clang", &["-std=c99", "-Wstrict-prototypes"], "c");
    compile("clang", &["-std=c99", "--target=armv7a-none-eabi", "-ffreestanding"], "c");
    compile("arm-none-eabi-gcc", &["-std=c99", "-mcpu=cortex-a9", "-ffreestanding"], "c");
}

#[test]
fn the_header_is_cpp17_without_a_warning() {
    compile("g++", &["-std=c++17"], "c++");
    compile("clang++", &["-std=c++17"], "c++");
    compile("clang++", &["-std=c++17", "--target=armv7a-none-eabi", "-ffreestanding"], "c++");
    compile("arm-none-eabi-g++", &["-std=c++17", "-mcpu=cortex-a9", "-ffreestanding"], "c++");
}
