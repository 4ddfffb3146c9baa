//! Text that is looked for in other text, whatever the case of its letters, which every database engine does in its own
//! way. SQLite's `lower` and `LIKE` know the case of ASCII letters only; its `GLOB` takes sets of any characters.

/// What is looked for. In a query and in memory it finds the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// Each character in its cases.
    letters: Vec<Vec<char>>,
    anywhere: bool,
}

impl Needle {
    /// This text, anywhere in another.
    pub fn anywhere(text: &str) -> Self {
        Self { letters: text.chars().map(cases).collect(), anywhere: true }
    }

    /// This text, and nothing around it.
    pub fn whole(text: &str) -> Self {
        Self { anywhere: false, ..Self::anywhere(text) }
    }

    /// The condition that `text`, an expression, has it; [`Needle::value`] is bound at `place` (such as `$1`).
    pub fn found_in(&self, text: &str, place: &str) -> String {
        match self.is_ascii() {
            true => format!("{text} LIKE {place} ESCAPE '\\'"),
            false => format!("{text} GLOB {place}"),
        }
    }

    /// The value to bind at the place given to [`Needle::found_in`].
    pub fn value(&self) -> String {
        let around = match (self.anywhere, self.is_ascii()) {
            (false, _) => "",
            (true, true) => "%",
            (true, false) => "*",
        };
        let mut pattern = around.to_owned();
        for letter in &self.letters {
            match (self.is_ascii(), letter.as_slice()) {
                // `LIKE` knows both cases itself, and is quicker.
                (true, [c, ..]) => {
                    if matches!(c, '\\' | '%' | '_') {
                        pattern.push('\\');
                    }
                    pattern.push(*c);
                }
                (false, [c]) if !matches!(c, '*' | '?' | '[') => pattern.push(*c),
                (_, cases) => {
                    pattern.push('[');
                    pattern.extend(cases);
                    pattern.push(']');
                }
            }
        }
        pattern + around
    }

    /// Whether `text` has it.
    pub fn is_in(&self, text: &str) -> bool {
        let begins = |text: &str| {
            let mut rest = text.chars();
            let begins = self.letters.iter().all(|cases| rest.next().is_some_and(|c| cases.contains(&c)));
            begins && (self.anywhere || rest.next().is_none())
        };
        begins(text) || (self.anywhere && text.char_indices().any(|(at, _)| begins(&text[at..])))
    }

    fn is_ascii(&self) -> bool {
        self.letters.iter().flatten().all(char::is_ascii)
    }
}

/// A character in its cases, as far as each is one character.
fn cases(c: char) -> Vec<char> {
    fn one(mut cased: impl Iterator<Item = char>) -> Option<char> {
        cased.next().filter(|_| cased.next().is_none())
    }
    let mut cases = vec![c];
    for other in [one(c.to_lowercase()), one(c.to_uppercase())].into_iter().flatten() {
        // What is no ASCII itself and becomes it, such as the sign of Kelvin, is another character.
        if !cases.contains(&other) && other.is_ascii() == c.is_ascii() {
            cases.push(other);
        }
    }
    cases
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

    use super::*;
    use crate::db::statement;

    async fn memory() -> DatabaseConnection {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    async fn finds(conn: &DatabaseConnection, needle: &Needle, text: &str) -> bool {
        let sql = format!("SELECT {}", needle.found_in("$1", "$2"));
        let row = conn.query_one_raw(statement(conn, &sql, [text.into(), needle.value().into()])).await;
        row.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn the_case_of_any_letter_is_ignored_and_nothing_has_a_meaning() {
        let conn = memory().await;
        for (needle, text, found) in [
            ("école", "L'École des loisirs", true),
            ("ÉCOLE", "l'école", true),
            ("ecole", "École", false),
            ("école", "écola", false),
            ("ΩΜΕΓΑ", "ωμεγα", true),
            ("fire_100%", "FIRE_100%", true),
            ("fire_", "firex", false),
            ("é*?[x]", "É*?[X]", true),
            ("é*", "éa", false),
            ("é?", "éa", false),
            ("é[a]", "éa", false),
            ("\\", "a\\b", true),
            ("日本", "in 日本 now", true),
            ("", "anything", true),
        ] {
            let anywhere = Needle::anywhere(needle);
            assert_eq!(finds(&conn, &anywhere, text).await, found, "{needle} in {text}");
            assert_eq!(anywhere.is_in(text), found, "{needle} in {text}, in memory");
        }
        for (needle, text, same) in [
            ("ÉLAN", "élan", true),
            ("élan", "élans", false),
            ("desk", "DESK", true),
            ("d_sk", "desk", false),
        ] {
            let whole = Needle::whole(needle);
            assert_eq!(finds(&conn, &whole, text).await, same, "{needle} is {text}");
            assert_eq!(whole.is_in(text), same, "{needle} is {text}, in memory");
        }
    }

    #[test]
    fn a_query_and_memory_find_the_same() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let conn = runtime.block_on(memory());
        let letters = r"[aAbBéÉöÖßẞkK\u{212a}*?%_\[\]^\\ -]";
        let text = |most| proptest::string::string_regex(&format!("{letters}{{0,{most}}}")).unwrap();
        proptest!(|(needle in text(3), text in text(6))| {
            for needle in [Needle::anywhere(&needle), Needle::whole(&needle)] {
                prop_assert_eq!(runtime.block_on(finds(&conn, &needle, &text)), needle.is_in(&text));
            }
        });
    }
}
