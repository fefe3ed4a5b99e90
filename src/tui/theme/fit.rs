//! A theme in the colours a terminal has. Each colour becomes the one that looks most like it among those that are legible on
//! the same grounds; what is lost with a ground is said by an attribute.

use ratatui::style::{Color, Style};

use crate::tui::terminal::colour::{Colours, Depth, tones_of};
use crate::tui::terminal::eye::{Ground, LEGIBLE, Lab, Tones, contrast};
use crate::tui::theme::Theme;
use crate::tui::theme::grounds::{CHANGES, behind, needed};
use crate::tui::theme::role::Role;

/// Below this a ground has no hue that could be lost.
const GREY: f32 = 0.02;

impl Theme {
    /// The theme for a terminal of so many colours.
    #[must_use]
    pub fn fitted(&self, depth: Depth) -> Self {
        match depth {
            Depth::True => self.clone(),
            Depth::None => self.without_colours(),
            Depth::Indexed | Depth::Sixteen => Fit::new(self, depth).theme(),
        }
    }

    /// The theme for a terminal without colours: what colour said is said by bold, reverse, underline and dim, as `ansi`
    /// has them beside its colours.
    fn without_colours(&self) -> Self {
        let plain = Self::ansi();
        let mut theme = self.clone();
        for &role in Role::ALL {
            let attributes = self.style(role).add_modifier | plain.style(role).add_modifier;
            theme.set(role, Style::new().add_modifier(attributes));
        }
        theme
    }
}

struct Fit<'t> {
    wanted: &'t Theme,
    depth: Depth,
    colours: Colours,
    /// The screen's ground, where the theme brings one, and whether it is dark.
    ground: Option<(Tones, Ground)>,
}

impl<'t> Fit<'t> {
    fn new(wanted: &'t Theme, depth: Depth) -> Self {
        let ground = wanted.style(Role::Text).bg.and_then(tones_of);
        Self {
            wanted,
            depth,
            colours: Colours::of(depth),
            ground: ground.map(|tones| (tones, Ground::of(tones))),
        }
    }

    fn theme(&self) -> Theme {
        let mut theme = self.wanted.clone();
        for &role in Role::ALL {
            let bg = self.wanted.style(role).bg.and_then(|bg| self.behind(bg));
            theme.set(
                role,
                Style {
                    bg,
                    ..self.wanted.style(role)
                },
            );
        }
        let lost = self.lost(&theme);
        let ansi = Theme::ansi();
        for &role in &lost {
            // The attributes and the hue of the terminal's own theme say what the ground said.
            let plain = ansi.style(role);
            let hue = plain.fg.filter(|fg| *fg != Color::Reset);
            let mut style = self.wanted.style(role).add_modifier(plain.add_modifier);
            style.fg = hue.or(style.fg);
            style.bg = None;
            theme.set(role, style);
        }
        let mut fitted = theme.clone();
        for &role in Role::ALL {
            let style = theme.style(role);
            let fg = style.fg.map(|fg| self.text(&theme, role, fg));
            fitted.set(role, Style { fg, ..style });
        }
        fitted
    }

    /// A ground in the colours there are; `None` for one of sixteen that is only a shade of the screen's.
    fn behind(&self, wanted: Color) -> Option<Color> {
        let Some(tones) = self.too_fine(wanted) else {
            return Some(wanted);
        };
        let Some((ground, side)) = self.ground.filter(|_| self.depth == Depth::Sixteen) else {
            return Some(Color::Indexed(self.colours.nearest(tones)));
        };
        // The tones between black and white are the person's own: nobody knows how dark they are.
        let (index, end) = match side {
            Ground::Dark => (0, [0; 3]),
            Ground::Light => (15, [255; 3]),
        };
        if tones == ground {
            return Some(Color::Indexed(index));
        }
        let of_a_kind = contrast(tones, ground) < LEGIBLE;
        (!of_a_kind).then(|| Color::Indexed(self.colours.legible(tones, &[end], LEGIBLE)))
    }

    /// The roles whose ground can no longer be told from the screen's, and changes that can no longer be told apart.
    fn lost(&self, theme: &Theme) -> Vec<Role> {
        let ground = theme.style(Role::Text).bg;
        let mut lost: Vec<Role> = Vec::new();
        for &role in Role::ALL {
            let wanted = self.wanted.style(role).bg;
            if wanted.is_none() || wanted == self.wanted.style(Role::Text).bg {
                continue;
            }
            let left = theme.style(role).bg;
            if left.is_none() || left == ground || (CHANGES.contains(&role) && pale(wanted, left)) {
                lost.push(role);
            }
        }
        // Half of the changes by their ground and half by their text would look like four kinds.
        let same = |one: Role, other: Role| theme.style(one).bg == theme.style(other).bg;
        if lost.iter().any(|role| CHANGES.contains(role))
            || same(Role::DiffAdd, Role::DiffRemove)
            || same(Role::DiffAddWord, Role::DiffRemoveWord)
        {
            lost.retain(|role| !CHANGES.contains(role));
            lost.extend(CHANGES);
        }
        lost
    }

    fn text(&self, theme: &Theme, role: Role, wanted: Color) -> Color {
        let grounds: Vec<Tones> = behind(theme, role)
            .into_iter()
            .filter_map(tones_of)
            .collect();
        let exact = tones_of(wanted);
        if grounds.is_empty() {
            // Nobody knows what is behind, so nothing can be measured.
            return match self.too_fine(wanted) {
                Some(tones) => Color::Indexed(self.colours.nearest(tones)),
                None => wanted,
            };
        }
        match exact {
            Some(tones) => Color::Indexed(self.colours.legible(tones, &grounds, needed(role))),
            None => wanted,
        }
    }

    /// The tones of a colour that the terminal has not.
    fn too_fine(&self, color: Color) -> Option<Tones> {
        match (color, self.depth) {
            (Color::Rgb(..), _) | (Color::Indexed(16..), Depth::Sixteen) => tones_of(color),
            _ => None,
        }
    }
}

/// Whether a ground has lost the hue that says what it is.
fn pale(wanted: Option<Color>, left: Option<Color>) -> bool {
    let chroma = |color: Option<Color>| {
        let tones = color.and_then(tones_of);
        tones.map_or(0.0, |tones| Lab::of(tones).chroma())
    };
    let wanted = chroma(wanted);
    wanted > GREY && chroma(left) < wanted / 2.0
}
