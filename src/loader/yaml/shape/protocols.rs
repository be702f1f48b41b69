//! Rows of the checks that speak a protocol, one mapping for each form of each protocol of the core's table.

use director_core::model::{PROTOCOLS, ProtocolForm, ProtocolRow, Setting};

use super::Takes::{Mapping, Text, Truth, Word};
use super::check::{VERIFY, kind};
use super::{Key, Shape, key};

/// How many forms all protocols have.
pub(super) const FORMS: usize = {
    let (mut forms, mut row) = (0, 0);
    while row < PROTOCOLS.len() {
        forms += PROTOCOLS[row].forms.len();
        row += 1;
    }
    forms
};

/// The key of each form, in the order of the table.
pub(super) static PROTOCOL_KEYS: [Key; FORMS] = {
    let mut keys = [VERIFY; FORMS];
    let mut place = 0;
    while place < FORMS {
        let (_, form) = form(place);
        keys[place] = kind(form.name, form.example)
            .takes(Mapping(&SHAPES[place]))
            .means(form.meaning);
        place += 1;
    }
    keys
};

static SHAPES: [Shape; FORMS] = {
    let mut shapes = [const {
        Shape {
            name: "",
            what: "this check",
            keys: &[],
        }
    }; FORMS];
    let mut place = 0;
    while place < FORMS {
        let (row, form) = form(place);
        shapes[place].name = form.name;
        shapes[place].keys = SETTINGS[place].split_at(count(row, form)).0;
        place += 1;
    }
    shapes
};

/// The settings of each form, with others behind them.
static SETTINGS: [[Key; Setting::ALL.len()]; FORMS] = {
    let mut settings = [[VERIFY; Setting::ALL.len()]; FORMS];
    let mut place = 0;
    while place < FORMS {
        let (row, form) = form(place);
        let (mut setting, mut taken) = (0, 0);
        while setting < Setting::ALL.len() {
            if row.takes(form, Setting::ALL[setting]) {
                settings[place][taken] = setting_key(Setting::ALL[setting]);
                taken += 1;
            }
            setting += 1;
        }
        place += 1;
    }
    settings
};

const fn count(row: &ProtocolRow, form: &ProtocolForm) -> usize {
    let (mut setting, mut taken) = (0, 0);
    while setting < Setting::ALL.len() {
        if row.takes(form, Setting::ALL[setting]) {
            taken += 1;
        }
        setting += 1;
    }
    taken
}

/// The form at a place in the order of the table.
const fn form(place: usize) -> (&'static ProtocolRow, &'static ProtocolForm) {
    let (mut row, mut left) = (0, place);
    while left >= PROTOCOLS[row].forms.len() {
        left -= PROTOCOLS[row].forms.len();
        row += 1;
    }
    (&PROTOCOLS[row], &PROTOCOLS[row].forms[left])
}

const fn setting_key(setting: Setting) -> Key {
    let name = setting.key();
    match setting {
        Setting::Request => key(name, "www.example.org")
            .takes(Text)
            .default("the least that the protocol allows")
            .means("What to ask for: a name, a query, a file or a text to send."),
        Setting::Receive => key(name, "OK")
            .takes(Text)
            .default("any successful answer")
            .means("Regular expression that the answer must match."),
        Setting::Login => key(name, "probe")
            .takes(Text)
            .default("none")
            .means("User name."),
        Setting::Password => key(name, "…")
            .takes(Text)
            .default("none")
            .means("Password. ipvsd never shows it."),
        Setting::Database => key(name, "test")
            .takes(Text)
            .default("none")
            .means("Database."),
        Setting::Secret => key(name, "…")
            .takes(Text)
            .default("none")
            .means("Shared secret. ipvsd never shows it."),
        Setting::Transport => key(name, "udp")
            .takes(Word(&["tcp", "udp"]))
            .default("the transport of the service")
            .means("Transport of the probe."),
        Setting::Tls => key(name, "true")
            .takes(Truth)
            .default("false")
            .means("Whether to use TLS."),
        Setting::Verify => VERIFY,
    }
}
