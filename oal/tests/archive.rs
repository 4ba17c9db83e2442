//! The static library: what it exports, that it links everywhere, and that C programs take snapshots with it
//! and boot.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use oal_archive::{Surface, names, package, surface};

const ARM: &str = "armv7a-none-eabi";

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn build(target: Option<&str>) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("rustc").current_dir(package());
    target.iter().for_each(|target| {
        cargo.args(["--target", target]);
    });
    let out = scratch(target.unwrap_or("host"));
    oal_archive::build(cargo, target, &out).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The library for this machine, built once.
fn host() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| build(None))
}

/// The library for ARM, if the compiler has that target.
fn arm() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let has = Command::new("rustc").args(["--print", "target-libdir", "--target", ARM]).output().ok()?;
        let folder = PathBuf::from(String::from_utf8(has.stdout).ok()?.trim());
        folder.is_dir().then(|| build(Some(ARM)))
    });
    if library.is_none() {
        eprintln!("skipped: rustc has no {ARM}");
    }
    library.as_deref()
}

/// Whether a program can be started; says so if not.
fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: there is no {program} here");
    }
    there
}

fn expect(output: &Output, what: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{out}\n{err}", output.status);
}

fn sorted() -> Vec<String> {
    let mut names: Vec<String> = names().into_iter().map(str::to_string).collect();
    names.sort();
    names
}

#[test]
fn the_host_archive_exports_what_is_listed_and_nothing_else() {
    let Surface { exported, imported, hidden } = surface(host()).unwrap();
    assert_eq!(exported, sorted());
    // What rustc takes for granted on a system with a C library; nothing that allocates or does input and output.
    assert!(
        imported.iter().all(|name| ["bcmp", "memcmp", "memcpy", "memmove", "memset"].contains(&&**name)),
        "{imported:?}"
    );
    assert!(!hidden.is_empty());
}

#[test]
fn the_arm_archive_exports_what_is_listed_and_needs_nothing() {
    let Some(library) = arm() else { return };
    let Surface { exported, imported, .. } = surface(library).unwrap();
    assert_eq!(exported, sorted());
    assert_eq!(imported, [""; 0]);
}

#[test]
fn nothing_in_the_arm_archive_can_panic() {
    let Some(library) = arm() else { return };
    let Surface { hidden, .. } = surface(library).unwrap();
    assert!(hidden.iter().any(|name| name.contains("oal_armv7a_capture")), "names are there to be looked at");
    let panics: Vec<&String> = hidden.iter().filter(|name| name.contains("panic")).collect();
    assert!(panics.is_empty(), "reached by some code: {panics:?}");
}

#[test]
fn the_header_declares_every_symbol() {
    let header = std::fs::read_to_string(package().join("include/oal_snapshot.h")).unwrap();
    for name in names() {
        let function = header.contains(&format!("{name}("));
        assert!(function || header.contains(&format!("OalStore {name};")), "{name} is not in the header");
    }
}

/// A program that has names of its own which the library's insides have too, and calls everything.
fn clash() -> String {
    let mut text = String::from(
        "#include \"oal_snapshot.h\"\n\
         #ifdef __cplusplus\nextern \"C\" {\n#endif\n\
         void start(void);\nvoid rust_begin_unwind(void);\nvoid rust_panic(void);\nvoid panic(void);\n\
         void __aeabi_memcpy(void);\nvoid __aeabi_uldivmod(void);\nvoid oal_armv7a_capture(void);\nvoid rust_eh_personality(void);\n\
         void rust_begin_unwind(void) {}\nvoid rust_panic(void) {}\nvoid panic(void) {}\n\
         void __aeabi_memcpy(void) {}\nvoid __aeabi_uldivmod(void) {}\nvoid oal_armv7a_capture(void) {}\nvoid rust_eh_personality(void) {}\n\
         const void *volatile used[64];\n\
         void start(void)\n{\n    int i = 0;\n",
    );
    for name in names() {
        let store = ["oal_snapshot_block", "oal_snapshot_nor"].contains(&name) || name.contains("_nand_");
        let value = if store { format!("&{name}") } else { format!("(const void *)(uintptr_t)&{name}") };
        text += &format!("    used[i++] = {value};\n");
    }
    text + "    (void)i;\n}\n#ifdef __cplusplus\n}\n#endif\n"
}

fn links(compiler: &str, options: &[&str], language: &str) {
    let Some(library) = arm() else { return };
    if !is_there(compiler) {
        return;
    }
    let folder = scratch("link");
    std::fs::create_dir_all(&folder).unwrap();
    let source = folder.join(format!("{compiler}.{language}"));
    std::fs::write(&source, clash()).unwrap();
    let mut command = Command::new(compiler);
    command.args(options).args([
        "-Wall",
        "-Wextra",
        "-pedantic",
        "-Werror",
        "-ffreestanding",
        "-nostdlib",
        "-static",
    ]);
    command
        .args(["-Wl,--fatal-warnings", "-Wl,-z,noexecstack", "-Wl,-e,start", "-Wl,-Ttext=0x8000", "-I"])
        .arg(package().join("include"));
    command.arg(&source).arg(library).arg("-o").arg(folder.join(format!("{compiler}.elf")));
    expect(&command.output().unwrap(), compiler);
}

#[test]
fn the_arm_archive_links_with_gcc_without_a_c_library() {
    links("arm-none-eabi-gcc", &["-std=c99", "-mcpu=cortex-a9"], "c");
    links("arm-none-eabi-g++", &["-std=c++17", "-mcpu=cortex-a9", "-fno-exceptions"], "cpp");
}

#[test]
fn the_arm_archive_links_with_clang_and_lld() {
    if !is_there("ld.lld") {
        return;
    }
    let target = ["--target=armv7a-none-eabi", "-mcpu=cortex-a9", "-fuse-ld=lld"];
    links("clang", &[&target[..], &["-std=c99"]].concat(), "c");
    links("clang++", &[&target[..], &["-std=c++17", "-fno-exceptions"]].concat(), "cpp");
}

/// Compiles a program of `tests/c` and runs it.
fn runs(program: &str, sources: &[&str], media: &[&str]) {
    if !is_there("gcc") {
        return;
    }
    let folder = scratch("programs");
    std::fs::create_dir_all(&folder).unwrap();
    let c = package().join("tests/c");
    let binary = folder.join(program);
    let mut command = Command::new("gcc");
    // SnapRestore's buffer and dwSnapPC are 32 bits wide: the program must lie in the first 4 GiB.
    command.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-g", "-no-pie", "-I"]);
    command.arg(package().join("include")).arg("-I").arg(&c);
    command.args(sources.iter().map(|source| c.join(source))).arg(host()).arg("-o").arg(&binary);
    expect(&command.output().unwrap(), program);
    for medium in media {
        let output = Command::new(&binary).arg(medium).output().unwrap();
        expect(&output, &format!("{program} {medium}"));
        assert!(output.stdout.ends_with(b"passed\n"), "{program} {medium} did not come to its end");
    }
}

#[test]
fn a_c_program_takes_and_boots_with_one_call_on_every_medium() {
    runs("one_call", &["one_call.c", "board.c", "media.c"], &["block", "nand", "nor"]);
}

#[test]
fn a_c_kernel_takes_by_the_hooks_and_its_loader_restores_on_every_medium() {
    runs("hooks", &["hooks.c", "kernel.c", "board.c", "media.c"], &["block", "nand", "nor"]);
}

#[test]
fn a_read_that_differs_from_the_others_restores_the_right_image_or_an_older_one_or_none() {
    runs("rereads", &["rereads.c", "kernel.c", "board.c", "media.c"], &["block", "nand", "nor"]);
}

#[test]
fn bad_arguments_return_an_error_and_touch_nothing() {
    runs("arguments", &["arguments.c", "board.c", "media.c"], &[""]);
}

#[test]
fn an_emulated_cortex_a9_is_restored_in_place_by_one_call_and_by_the_hooks() {
    let Some(library) = arm() else { return };
    if !is_there("arm-none-eabi-gcc") || !is_there("qemu-system-arm") {
        return;
    }
    let folder = scratch("inplace");
    std::fs::create_dir_all(&folder).unwrap();
    let (sources, program) = (package().join("tests/arm"), folder.join("inplace.elf"));
    let mut command = Command::new("arm-none-eabi-gcc");
    command.args([
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O1",
        "-mcpu=cortex-a9",
        "-marm",
        "-mfloat-abi=soft",
    ]);
    command.args([
        "-ffreestanding",
        "-nostdlib",
        "-static",
        "-fno-tree-loop-distribute-patterns",
        "-Wl,--gc-sections",
    ]);
    command
        .args(["-Wl,-z,noexecstack", "-I"])
        .arg(package().join("include"))
        .arg("-T")
        .arg(sources.join("inplace.ld"));
    command.arg(sources.join("inplace.c")).arg(library).arg("-o").arg(&program);
    expect(&command.output().unwrap(), "inplace.c");
    let mut emulator = Command::new("timeout");
    emulator.args([
        "60",
        "qemu-system-arm",
        "-M",
        "vexpress-a9",
        "-m",
        "128",
        "-display",
        "none",
        "-serial",
        "none",
    ]);
    emulator
        .args(["-monitor", "none", "-semihosting", "-kernel"])
        .arg(&program)
        .env("QEMU_AUDIO_DRV", "none");
    let output = emulator.output().unwrap();
    expect(&output, "inplace");
    // Semihosting speaks on the emulator's standard error.
    assert!(String::from_utf8_lossy(&output.stderr).contains("passed\n"));
}

#[test]
fn the_example_of_the_readme_compiles() {
    if !is_there("gcc") {
        return;
    }
    let readme = std::fs::read_to_string(package().join("README.md")).unwrap();
    let example = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    // What the reader has to bring.
    let before = "#include <stdint.h>\n#define BUILD_ID {1, 2, 3}\nvoid print(const char *, ...);\nvoid run(void);\n\
        void power_on(void);\nvoid save(void);\nvoid initialise_data_and_bss(void);\n\
        int32_t emmc_read(void *, uint64_t, uint32_t, void *);\nint32_t emmc_flush(void *);\n\
        int32_t emmc_write(void *, uint64_t, uint32_t, const void *);\n";
    let after = "static const char *suspend(void *context) { (void)context; return 0; }\n\
        static void resume(void *context, OalResume why) { (void)context; (void)why; }\n";
    let folder = scratch("programs");
    std::fs::create_dir_all(&folder).unwrap();
    let source = folder.join("readme.c");
    std::fs::write(&source, format!("{before}{example}{after}")).unwrap();
    let mut command = Command::new("gcc");
    command.args([
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-pedantic",
        "-Werror",
        "-Wno-missing-field-initializers",
        "-c",
        "-I",
    ]);
    command.arg(package().join("include")).arg(&source).arg("-o").arg(folder.join("readme.o"));
    expect(&command.output().unwrap(), "the example");
}
