//! Restore time against the size of saved memory and against the medium's speed, as an SVG drawing.
//!
//! The model: R bytes of saved memory are stored in s R bytes, which the medium reads at m bytes a second,
//! and takes i instructions a byte to check, decode, place and clear, of which the core executes f a second.
//! Reads that wait for the CPU, and it for them, take `R (s/m + i/f)`; reads beside the CPU's work take
//! `R max(s/m, i/f)`, and nothing can be faster than that on one core: the roofline. s and i are measured by
//! the run that draws; m are rates from others. Emulation counts instructions, not cycles: that f is one a
//! cycle of a 1 GHz Cortex-A9 is an assumption, which the drawing names.

use super::figure::Figure;
use std::fmt::Write;

/// Instructions a second.
const CORE: f64 = 1e9;
/// Bytes of saved memory for the right half.
const SAVED: f64 = 64.0 * MIB;
const MIB: f64 = 1_048_576.0;

/// A medium, and how fast it reads in sequence.
struct Rated {
    name: &'static str,
    /// The figure that says how far from the roofline a restore from it is.
    figure: &'static str,
    /// Bytes a second.
    rate: f64,
    color: &'static str,
}

/// Raw NAND of an i.MX6 with sequential cache reads (Linux commit 003fe4b9), SD card of an AM437x and eMMC of
/// an AM62x in U-Boot (Texas Instruments' Linux performance guides), and an eMMC's usual rate on an 8-bit bus
/// of 52 MHz.
const MEDIA: [Rated; 3] = [
    Rated { name: "NAND, 18.3 MiB/s", figure: "roofline.nand", rate: 18.3 * MIB, color: "#b3541e" },
    Rated { name: "eMMC HS52, 45 MB/s", figure: "roofline.emmc.hs52", rate: 45e6, color: "#1f6f8b" },
    Rated { name: "eMMC HS200, 174 MB/s", figure: "roofline.emmc.hs200", rate: 174e6, color: "#3b7a33" },
];

/// The measured coefficients.
pub struct Model {
    /// Instructions for a saved byte, the medium's own left out.
    pub instructions: f64,
    /// Bytes stored for a saved byte.
    pub stored: f64,
    /// What was saved.
    pub corpus: &'static str,
}

/// A half of the drawing: its frame, and its axes, logarithmic, from and to powers of ten or round numbers.
struct Chart {
    left: f64,
    x: (f64, f64),
    y: (f64, f64),
}

const TOP: f64 = 64.0;
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 330.0;

impl Chart {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |v: f64, (from, to): (f64, f64)| (v / from).ln() / (to / from).ln();
        (self.left + WIDTH * share(x, self.x), TOP + HEIGHT * (1.0 - share(y, self.y)))
    }

    fn frame(&self, svg: &mut Svg, title: &str, xs: &[f64], x_label: &str, ys: &[f64]) {
        let (left, right, bottom) = (self.left, self.left + WIDTH, TOP + HEIGHT);
        svg.text(left, TOP - 12.0, "start", "title", title);
        for x in xs {
            let (at, _) = self.at(*x, self.y.0);
            svg.line((at, TOP), (at, bottom), "grid");
            svg.text(at, bottom + 16.0, "middle", "", &x.to_string());
        }
        for y in ys {
            let (_, at) = self.at(self.x.0, *y);
            svg.line((left, at), (right, at), "grid");
            svg.text(left - 6.0, at + 4.0, "end", "", &y.to_string());
        }
        svg.text((left + right) / 2.0, bottom + 36.0, "middle", "", x_label);
        svg.text(left - 6.0, TOP - 12.0, "end", "", "s");
    }

    /// A curve over the whole width, in equal steps of the axis, cut off where it leaves the frame.
    fn curve(&self, svg: &mut Svg, style: &str, y: impl Fn(f64) -> f64) {
        const STEPS: i32 = 60;
        let (from, to) = self.x;
        let points = (0..=STEPS).map(|i| from * (to / from).powf(f64::from(i) / f64::from(STEPS)));
        let inside = points.map(|x| (x, y(x))).filter(|(_, y)| (self.y.0..=self.y.1).contains(y));
        let points: Vec<(f64, f64)> = inside.map(|(x, y)| self.at(x, y)).collect();
        svg.curve(&points, style);
    }
}

impl Model {
    /// Seconds of the CPU's work and of the medium's for so many saved bytes.
    fn parts(&self, saved: f64, rate: f64) -> (f64, f64) {
        (saved * self.instructions / CORE, saved * self.stored / rate)
    }

    /// Seconds, one after the other.
    fn waiting(&self, saved: f64, rate: f64) -> f64 {
        let (cpu, medium) = self.parts(saved, rate);
        cpu + medium
    }

    /// Seconds, one beside the other.
    fn roofline(&self, saved: f64, rate: f64) -> f64 {
        let (cpu, medium) = self.parts(saved, rate);
        cpu.max(medium)
    }

    /// How far from the roofline a restore is on each medium: 1 is on it.
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |medium: &Rated| {
            let ((cpu, reading), roofline) =
                (self.parts(SAVED, medium.rate), self.roofline(SAVED, medium.rate));
            Figure {
                name: medium.figure,
                value: self.waiting(SAVED, medium.rate) / roofline,
                unit: "time ratio",
                reach: None,
                reference: Some(1.0),
                how: format!(
                    "by the model of the plot, 64 MiB on a core of 10^9 instructions a second from {}: {cpu:.3} s of the CPU's \
                     work behind {reading:.3} s of reads; beside each other, {roofline:.3} s",
                    medium.name
                ),
            }
        };
        MEDIA.iter().map(figure).collect()
    }

    /// The drawing.
    pub fn draw(&self) -> String {
        let mut svg = Svg::default();
        svg.text(60.0, 24.0, "start", "title", "Restore time of R bytes of saved memory, by a model");
        for (i, line) in self.legend().iter().enumerate() {
            svg.text(60.0, 452.0 + 17.0 * i as f64, "start", "", line);
        }
        let by_size = Chart { left: 60.0, x: (8.0, 1024.0), y: (0.02, 50.0) };
        let seconds = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
        let sizes = [8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
        by_size.frame(&mut svg, "by saved memory", &sizes, "MiB of saved memory", &seconds);
        for (i, medium) in MEDIA.iter().enumerate() {
            let style = format!("stroke:{}", medium.color);
            by_size.curve(&mut svg, &style, |mib| self.waiting(mib * MIB, medium.rate));
            by_size.curve(&mut svg, &format!("{style};stroke-dasharray:5 4"), |mib| {
                self.roofline(mib * MIB, medium.rate)
            });
            let y = TOP + 18.0 + 17.0 * i as f64;
            svg.curve(&[(72.0, y - 4.0), (96.0, y - 4.0)], &style);
            svg.text(102.0, y, "start", "", medium.name);
        }
        let by_rate = Chart { left: 540.0, x: (5.0, 400.0), y: (0.1, 20.0) };
        let rates = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0];
        let seconds = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
        by_rate.frame(
            &mut svg,
            "64 MiB of saved memory, by the medium's speed",
            &rates,
            "MB/s that the medium reads",
            &seconds,
        );
        let (solid, dashed, dotted) =
            ("stroke:#333", "stroke:#333;stroke-dasharray:5 4", "stroke:#999;stroke-dasharray:1 4");
        by_rate.curve(&mut svg, solid, |mb| self.waiting(SAVED, mb * 1e6));
        by_rate.curve(&mut svg, dashed, |mb| self.roofline(SAVED, mb * 1e6));
        by_rate.curve(&mut svg, dotted, |mb| SAVED / (mb * 1e6));
        let meanings = [
            (solid, "read, then check and decode: R (s/m + i/f)"),
            (dashed, "roofline, reads in flight: R max(s/m, i/f)"),
            (dotted, "the medium alone, not compressed: R/m"),
        ];
        // Below the curves.
        for (i, (style, meaning)) in meanings.iter().enumerate() {
            let y = TOP + HEIGHT - 42.0 + 17.0 * i as f64;
            svg.curve(&[(552.0, y - 4.0), (576.0, y - 4.0)], style);
            svg.text(582.0, y, "start", "", meaning);
        }
        for medium in &MEDIA {
            let (x, y) = by_rate.at(medium.rate / 1e6, self.waiting(SAVED, medium.rate));
            svg.dot(x, y, medium.color);
        }
        svg.finish()
    }

    fn legend(&self) -> [String; 2] {
        [
            format!(
                "Measured ({}): s = {:.4} stored bytes and i = {:.4} instructions for a saved byte.",
                self.corpus, self.stored, self.instructions
            ),
            "From others: m, what the medium reads (HS52: usual; the others: measured). Assumed: f = 10^9 instructions a second, one a cycle of 1 GHz."
                .into(),
        ]
    }
}

/// A drawing under construction.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        // Writing to a string does not fail.
        let _ = writeln!(
            self.0,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    fn curve(&mut self, points: &[(f64, f64)], style: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.0, r#"<polyline style="{style}" points="{}"/>"#, points.join(" "));
    }

    fn dot(&mut self, x: f64, y: f64, color: &str) {
        let _ = writeln!(self.0, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{color}"/>"#);
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
        let _ =
            writeln!(self.0, r#"<text{class} x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
    }

    fn finish(self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 480\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <style>.title{{font-weight:bold}} .grid{{stroke:#ddd}} polyline{{fill:none;stroke-width:1.8}}</style>\n\
             <rect width=\"960\" height=\"480\" fill=\"#fff\"/>\n{}</svg>\n",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Model = Model { instructions: 2.5, stored: 0.45, corpus: "made-up" };

    #[test]
    fn a_restore_takes_what_its_parts_take_and_never_less_than_the_roofline() {
        // 100 MB: 0.25 s of the CPU, 45 MB at 45 MB/s.
        assert_eq!(MODEL.parts(1e8, 45e6), (0.25, 1.0));
        assert_eq!((MODEL.waiting(1e8, 45e6), MODEL.roofline(1e8, 45e6)), (1.25, 1.0));
        assert_eq!(MODEL.roofline(1e8, 450e6), 0.25);
    }

    #[test]
    fn each_medium_has_a_figure_of_at_least_the_roofline() {
        let figures = MODEL.figures();
        assert_eq!(figures.len(), MEDIA.len());
        assert!(figures.iter().all(|f| (1.0..=2.0).contains(&f.value)));
    }

    #[test]
    fn every_curve_is_drawn_inside_its_frame() {
        let svg = MODEL.draw();
        let curves =
            svg.lines().filter(|line| line.starts_with("<polyline") && line.matches(',').count() > 10);
        let mut count = 0;
        for curve in curves {
            let points = curve.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            for point in points.split(' ') {
                let (x, y) = point.split_once(',').unwrap();
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!(
                    (60.0..=940.0).contains(&x) && (TOP - 0.1..=TOP + HEIGHT + 0.1).contains(&y),
                    "{point}"
                );
            }
            count += 1;
        }
        assert_eq!(count, 2 * MEDIA.len() + 3);
    }
}
