//! Whole pages.

use super::*;
use std::vec;
use std::vec::Vec;

const fn layout(page_bytes: usize, spare_bytes: usize, ecc_offset: usize, marker: Marker) -> PageLayout {
    PageLayout { page_bytes, spare_bytes, ecc_offset, marker }
}

/// Layouts of real chips: page, spare area, where the ECC fits.
fn layouts() -> [(PageLayout, bool); 5] {
    [
        // The flag: whether Bch<8> fits as well.
        (layout(512, 16, 6, Marker::SMALL_PAGE), false),
        (layout(2048, 64, 2, Marker::LARGE_PAGE), true),
        (layout(2048, 128, 64, Marker::LARGE_PAGE), true),
        (layout(4096, 224, 16, Marker::LARGE_PAGE), true),
        (layout(8192, 448, 32, Marker::LARGE_PAGE), true),
    ]
}

/// Flips of known number in each unit of a page; then the page must come out as it was.
fn round_trip<C: Ecc>(layout: PageLayout, random: &mut Random) {
    let ecc = PageEcc::<C>::new(layout).unwrap();
    let mut data = vec![0; layout.page_bytes];
    let mut spare = vec![0; layout.spare_bytes];
    random.fill(&mut data);
    random.fill(&mut spare);
    let before = spare.clone();
    ecc.encode_page(&data, &mut spare).unwrap();
    for (i, (new, old)) in spare.iter().zip(&before).enumerate() {
        assert!(ecc.ecc_range().contains(&i) || new == old, "byte {i} is not ours");
    }

    let (mut d, mut s) = (data.clone(), spare.clone());
    let mut flips = Vec::new();
    let codes = s[ecc.ecc_range()].chunks_mut(C::Code::BYTES);
    for (unit, code) in d.chunks_mut(C::Unit::BYTES).zip(codes) {
        let count = random.below(C::STRENGTH as usize + 1) as u32;
        // The first bytes of the ECC have no padding.
        let bits = 8 * C::Unit::BYTES + 8 * (C::Code::BYTES - 1);
        flip_some(random, unit, code, count, bits);
        flips.push(count);
    }
    let expected = PageCorrected { total: flips.iter().sum(), worst: *flips.iter().max().unwrap() };
    assert_eq!(ecc.correct_page(&mut d, &mut s), Ok(expected));
    assert!(d == data && s == spare);
}

#[test]
fn pages_are_corrected_unit_by_unit() {
    let mut random = Random(21);
    for (layout, strong) in layouts() {
        for _ in 0..60 {
            round_trip::<Hamming>(layout, &mut random);
            round_trip::<Bch<4>>(layout, &mut random);
            if strong {
                round_trip::<Bch<8>>(layout, &mut random);
            }
        }
    }
}

#[test]
fn an_erased_page_is_valid_and_known() {
    let mut random = Random(22);
    for (layout, _) in layouts() {
        let ecc = PageEcc::<Bch<4>>::new(layout).unwrap();
        let mut data = vec![0xff; layout.page_bytes];
        let mut spare = vec![0xff; layout.spare_bytes];
        assert_eq!(ecc.is_erased(&data, &spare), Ok(Some(0)));
        for unit in data.chunks_mut(512) {
            flip_some(&mut random, unit, &mut [], 4, 4096);
        }
        let flips = 4 * (layout.page_bytes / 512) as u32;
        assert_eq!(ecc.is_erased(&data, &spare), Ok(Some(flips)));
        let corrected = PageCorrected { total: flips, worst: 4 };
        assert_eq!(ecc.correct_page(&mut data, &mut spare), Ok(corrected));
        assert!(data.iter().chain(&spare).all(|&byte| byte == 0xff));

        data[layout.page_bytes - 1] = 0x07;
        assert_eq!(ecc.is_erased(&data, &spare), Ok(None));
        // The spare area's other bytes do not count.
        data.fill(0xff);
        spare[0] = 0;
        assert_eq!(ecc.is_erased(&data, &spare), Ok(Some(0)));
    }
}

#[test]
fn the_unit_that_cannot_be_corrected_is_named() {
    let ecc = PageEcc::<Bch<8>>::new(layout(4096, 128, 20, Marker::LARGE_PAGE)).unwrap();
    let (data, mut spare) = (vec![0x3c; 4096], vec![0xff; 128]);
    ecc.encode_page(&data, &mut spare).unwrap();
    let mut read = data.clone();
    read[5] ^= 1;
    for byte in &mut read[3 * 512..3 * 512 + 20] {
        *byte ^= 0x10;
    }
    read[4 * 512] ^= 1;
    let damaged = read.clone();
    assert_eq!(ecc.correct_page(&mut read, &mut spare), Err(PageError::Uncorrectable { unit: 3 }));
    assert_eq!(read[..512], data[..512]);
    assert_eq!(read[512..], damaged[512..]);
}

#[test]
fn layouts_that_do_not_fit_are_refused() {
    let large = Marker::LARGE_PAGE;
    let refused = |layout| PageEcc::<Bch<8>>::new(layout).err();
    assert_eq!(refused(layout(2048, 64, 12, large)), None);
    assert_eq!(refused(layout(2048, 64, 13, large)), Some(LayoutError::Spare { needed: 65 }));
    assert_eq!(refused(layout(2048, 64, usize::MAX, large)), Some(LayoutError::Spare { needed: usize::MAX }));
    assert_eq!(refused(layout(2048, 64, 1, large)), Some(LayoutError::Marker));
    assert_eq!(refused(layout(2048, 64, 0, Marker { offset: 52, bytes: 2 })), None);
    assert_eq!(refused(layout(2048, 64, 0, Marker { offset: 51, bytes: 2 })), Some(LayoutError::Marker));
    assert_eq!(
        refused(layout(2048, 64, 0, Marker { offset: 63, bytes: 2 })),
        Some(LayoutError::Spare { needed: 65 })
    );
    assert_eq!(refused(layout(2048, 64, 0, Marker { offset: 9, bytes: 0 })), None);
    assert_eq!(refused(layout(512, 16, 0, Marker::SMALL_PAGE)), Some(LayoutError::Marker));
    assert_eq!(refused(layout(512, 16, 6, Marker::SMALL_PAGE)), Some(LayoutError::Spare { needed: 19 }));
    for page in [0, 256, 511, 768, 2047, 16896, usize::MAX] {
        assert_eq!(refused(layout(page, 4096, 2, large)), Some(LayoutError::Page));
    }
    assert_eq!(PageEcc::<Hamming>::new(layout(768, 64, 2, large)).err(), None);
}

#[test]
fn buffers_of_another_length_are_refused() {
    let ecc = PageEcc::<Hamming>::new(layout(512, 16, 8, Marker::SMALL_PAGE)).unwrap();
    for (data, spare) in [(511, 16), (512, 15), (513, 16), (512, 17), (0, 0), (512, 0)] {
        let (mut data, mut spare) = (vec![0; data], vec![0; spare]);
        assert_eq!(ecc.encode_page(&data, &mut spare), Err(PageError::BadLength));
        assert_eq!(ecc.correct_page(&mut data, &mut spare), Err(PageError::BadLength));
        assert_eq!(ecc.is_erased(&data, &spare), Err(PageError::BadLength));
    }
}
