//! Who the team is, which applications they use, and what they say.

/// Login name, name, role.
pub const PEOPLE: [(&str, &str, &str); 13] = [
    ("marie", "Marie Lefèvre", "member"),
    ("jonas", "Jonas Weber", "member"),
    ("amina", "Amina Diallo", "member"),
    ("luca", "Luca Moretti", "member"),
    ("sofia", "Sofia Lindqvist", "member"),
    ("thomas", "Thomas Girard", "member"),
    ("priya", "Priya Raman", "member"),
    ("noah", "Noah Becker", "member"),
    ("claire", "Claire Fontaine", "member"),
    ("diego", "Diego Álvarez", "member"),
    ("hana", "Hana Sato", "member"),
    ("emma", "Emma Clarke", "member"),
    ("guest", "Guest of the house", "viewer"),
];

/// An application of the team.
pub struct App {
    pub name: &'static str,
    /// The newest last.
    pub versions: &'static [&'static str],
    /// Operating system, its version, and how its machines are named.
    pub systems: &'static [(&'static str, &'static str, &'static str)],
    pub views: &'static [&'static str],
}

pub const APPS: [App; 3] = [
    App {
        name: "desk",
        versions: &["2.3.1", "2.4.0", "2.4.1", "2.5.0"],
        systems: &[
            ("Windows", "11", "pc"),
            ("Windows", "10", "pc"),
            ("macOS", "15.6", "macbook"),
            ("Linux", "Debian 13", "tower"),
        ],
        views: &["inbox", "orders", "customers", "reports", "settings"],
    },
    App {
        name: "pocket",
        versions: &["1.8.2", "1.9.0"],
        systems: &[("Android", "16", "phone"), ("iOS", "26.1", "iphone")],
        views: &["today", "orders", "scan"],
    },
    App {
        name: "kiosk",
        versions: &["0.9.4"],
        systems: &[("Linux", "Alpine 3.22", "kiosk")],
        views: &["welcome", "queue"],
    },
];

/// Name, topic.
pub const ROOMS: [(&str, &str); 3] = [
    ("Support", "What customers ask, and who takes it"),
    ("Releases", "What ships when"),
    ("Lunch", "Noon, downstairs"),
];

/// An appointment of this week, some of which return.
pub struct Meeting {
    /// Place in [`PEOPLE`]
    pub who: usize,
    /// Days after Monday
    pub weekday: u64,
    pub hours: (&'static str, &'static str),
    pub title: &'static str,
    pub place: &'static str,
    pub color: &'static str,
    /// Empty for one that does not return
    pub rule: &'static str,
}

const fn meeting(
    who: usize,
    weekday: u64,
    hours: (&'static str, &'static str),
    [title, place, color, rule]: [&'static str; 4],
) -> Meeting {
    Meeting { who, weekday, hours, title, place, color, rule }
}

pub const MEETINGS: [Meeting; 10] = [
    meeting(0, 0, ("09:15", "09:30"), ["Stand-up", "Room 1", "#2f6fed", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"]),
    meeting(1, 0, ("14:00", "15:00"), ["Planning", "Room 2", "#8a5cf6", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"]),
    meeting(2, 1, ("10:00", "11:30"), ["Workshop: labels", "Hall 2", "#d97706", ""]),
    meeting(3, 1, ("11:00", "12:00"), ["Interview", "Room 3", "#0f9f6e", ""]),
    meeting(4, 2, ("15:00", "16:00"), ["Review", "Room 1", "#2f6fed", "FREQ=WEEKLY;BYDAY=WE"]),
    meeting(5, 2, ("15:30", "16:30"), ["Supplier call", "", "#dc2626", ""]),
    meeting(6, 3, ("09:30", "12:00"), ["Training for the new desk", "Auditorium", "#0891b2", ""]),
    meeting(7, 3, ("12:30", "13:30"), ["Team lunch", "Downstairs", "#0f9f6e", "FREQ=MONTHLY;BYDAY=3TH"]),
    meeting(
        8,
        4,
        ("16:00", "16:45"),
        ["Retrospective", "Room 2", "#8a5cf6", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"],
    ),
    meeting(9, 4, ("10:00", "10:30"), ["One to one", "", "#64748b", "FREQ=WEEKLY;BYDAY=FR"]),
];

pub const LINES: [&str; 28] = [
    "Good morning, everyone",
    "The export of **Northwind** is through, 1,240 rows",
    "Can somebody look at the label printer in hall 2?",
    "On it",
    "The new version feels much faster here",
    "Who has the keys to the meeting room?",
    "I moved the review to 15:00, two of us are on the train",
    "Thanks!",
    "Customer 4411 asks for a second invoice, I will send it",
    "`orders/submit` answers slowly since ten, is that only me?",
    "Same here, about two seconds",
    "It is back to normal",
    "Release notes are in the wiki, please read them before noon",
    "Je prends le ticket de Brest",
    "Parfait, merci",
    "Lunch at half past twelve?",
    "Count me in",
    "The scanner on the second floor needs a new battery",
    "Could you add the French texts for the queue screen?",
    "Done, they go out with the next version",
    "Stand-up in five minutes",
    "I am late, start without me",
    "The total on page 3 was wrong, it is corrected now",
    "Nice catch",
    "Kiosk 3 restarts by itself, I will stop by",
    "Does anyone still use the old import?",
    "Not since May",
    "See you tomorrow",
];

pub const EMOJI: [&str; 5] = ["👍", "🎉", "👀", "❤️", "😄"];

/// What goes wrong in an application.
pub struct Failure {
    pub kind: &'static str,
    pub message: &'static str,
    /// Function and file, the innermost first.
    pub stack: &'static [(&'static str, &'static str)],
}

/// The most frequent first.
pub const FAILURES: [Failure; 4] = [
    Failure {
        kind: "TypeError",
        message: "Cannot read properties of undefined (reading 'total')",
        stack: &[("sumOf", "orders.js"), ("renderOrder", "orders.js"), ("draw", "app.js")],
    },
    Failure {
        kind: "NetworkError",
        message: "The label printer did not answer within 5000 ms",
        stack: &[("print", "printer.js"), ("submit", "orders.js")],
    },
    Failure {
        kind: "RangeError",
        message: "Invalid time value",
        stack: &[("formatDay", "dates.js"), ("renderToday", "today.js")],
    },
    Failure {
        kind: "QuotaExceededError",
        message: "The cache of pictures is full",
        stack: &[("keep", "cache.js"), ("load", "pictures.js")],
    },
];

/// Level, message.
pub const LOGS: [(&str, &str); 8] = [
    ("info", "Order saved"),
    ("info", "Synchronised 12 customers"),
    ("debug", "Cache hit for the price list"),
    ("info", "Report rendered"),
    ("warn", "The answer took longer than 2 s"),
    ("debug", "Outbox is empty"),
    ("warn", "Retrying the upload of a picture"),
    ("error", "The label could not be printed"),
];
