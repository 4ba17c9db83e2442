//! The programs of `examples/` print what is stored beside them.

#[allow(dead_code, reason = "main is not called here")]
#[path = "../examples/custom_medium.rs"]
mod custom_medium;

use custom_medium::host;

#[test]
fn a_machine_boots_from_the_snapshot_of_another_as_the_stored_output_says() {
    let mut printed = Vec::new();
    host::run(&mut printed).unwrap();
    assert_eq!(String::from_utf8(printed).unwrap(), include_str!("../examples/host.txt"));
}

#[test]
fn the_image_before_a_power_cut_boots_from_a_medium_of_ones_own_as_the_stored_output_says() {
    let mut printed = Vec::new();
    custom_medium::run(&mut printed).unwrap();
    assert_eq!(String::from_utf8(printed).unwrap(), include_str!("../examples/custom_medium.txt"));
}
