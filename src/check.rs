//! The CHECK constraints in the text of a CREATE TABLE.

use std::ops::Range;

/// A token of SQL, as far as CHECK constraints are concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'t> {
    /// A keyword or a name, also one in quotes.
    Word(&'t str),
    /// A string, between its quotes.
    Text(&'t str),
    Open,
    Close,
    Other,
}

/// The CHECK constraint that lists the values of `column` without `value`, as it stands in the text of a
/// CREATE TABLE: `CHECK (column IN ('one', 'other'))`.
///
/// Anything but such a list of strings may let `value` through, and is passed over.
pub(crate) fn list_without<'s>(create_table: &'s str, column: &str, value: &str) -> Option<&'s str> {
    let tokens = tokens(create_table);
    let starts = tokens.iter().enumerate().filter(|(_, (token, _))| is_word(token, "CHECK"));
    starts
        .filter_map(|(start, (_, place))| {
            let length = balanced(&tokens[start + 1..])?;
            let condition = &tokens[start + 1..start + 1 + length];
            let (_, end) = condition.last()?;
            Some((condition, &create_table[place.start..end.end]))
        })
        .find(|(condition, _)| lists_without(condition, column, value))
        .map(|(_, text)| text)
}

/// How many of these tokens a parenthesis takes that opens with the first.
fn balanced(tokens: &[(Token<'_>, Range<usize>)]) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (place > 0).then_some(place + 1);
        }
    }
    None
}

/// Whether a condition is `(column IN (…))`, and none of the strings in the list is `value`.
fn lists_without(condition: &[(Token<'_>, Range<usize>)], column: &str, value: &str) -> bool {
    let tokens: Vec<_> = condition.iter().map(|(token, _)| *token).collect();
    let [Token::Open, first, second, Token::Open, list @ .., Token::Close, Token::Close] = tokens.as_slice()
    else {
        return false;
    };
    let is_list = list.iter().all(|token| matches!(token, Token::Text(_) | Token::Other));
    is_word(first, column) && is_word(second, "IN") && is_list && !list.contains(&Token::Text(value))
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word))
}

/// The tokens with their places, without blanks and comments. See <https://sqlite.org/lang_keywords.html> for
/// the quotes.
fn tokens(sql: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(first) = sql[place..].chars().next() {
        let rest = &sql[place..];
        let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at);
        let (token, length) = match first {
            '\'' => quoted(rest, '\'', Token::Text),
            '"' | '`' => quoted(rest, first, Token::Word),
            '[' => {
                let end = until("]", 1);
                (Some(Token::Word(&rest[1..end])), (end + 1).min(rest.len()))
            }
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            _ if rest.starts_with("--") => (None, until("\n", 2)),
            _ if rest.starts_with("/*") => (None, (until("*/", 2) + 2).min(rest.len())),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ if is_of_a_word(first) => {
                let length = rest.find(|next| !is_of_a_word(next)).unwrap_or(rest.len());
                (Some(Token::Word(&rest[..length])), length)
            }
            _ => (Some(Token::Other), first.len_utf8()),
        };
        tokens.extend(token.map(|token| (token, place..place + length)));
        place += length;
    }
    tokens
}

fn is_of_a_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// What stands in quotes at the beginning of `rest`, and how long it is with them. A quote within is doubled.
fn quoted<'t>(
    rest: &'t str,
    quote: char,
    token: impl FnOnce(&'t str) -> Token<'t>,
) -> (Option<Token<'t>>, usize) {
    let mut end = 1;
    loop {
        match rest[end..].find(quote) {
            None => return (Some(token(&rest[1..])), rest.len()),
            Some(at) if rest[end + at + 1..].starts_with(quote) => end += at + 2,
            Some(at) => return (Some(token(&rest[1..end + at])), end + at + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_column_without_the_value_is_found_as_it_is_written() {
        for check in [
            "CHECK (chain_type IN ('solana', 'evm'))",
            "check(\"chain_type\" in ('solana'))",
            "CHECK ( [Chain_Type] /* networks */ IN -- the list\n ('evm', 'it''s', 'facilitators'))",
            "CHECK (`chain_type` IN ())",
        ] {
            for table in [
                format!(
                    "CREATE TABLE r(id TEXT, chain_type TEXT NOT NULL {check}, CHECK (id <> 'facilitator'))"
                ),
                format!(
                    "CREATE TABLE r('CHECK (' TEXT CHECK (length(id) < 9), CONSTRAINT known {check}) STRICT"
                ),
            ] {
                assert_eq!(list_without(&table, "chain_type", "facilitator"), Some(check), "{table}");
            }
        }
    }

    #[test]
    fn what_may_let_the_value_through_is_passed_over() {
        for check in [
            "CHECK (chain_type IN ('solana', 'facilitator'))",
            "CHECK (chain_type NOT IN ('bitcoin'))",
            "CHECK (chain_type IN ('solana') OR id LIKE 'F%')",
            "CHECK (chain_type IN (lower('FACILITATOR')))",
            "CHECK (other IN ('solana', 'evm'))",
            "CHECK (length(chain_type) < 12)",
            "CHECK (chain_type IN ('solana'",
            "CHECK chain_type",
            "CHECK",
            "'CHECK (chain_type IN (''solana''))'",
            "\"CHECK (chain_type IN ('solana'))\" TEXT",
            "/* CHECK (chain_type IN ('solana')) */",
            "-- CHECK (chain_type IN ('solana'))",
            "/* CHECK (chain_type IN ('solana'))",
            "'",
            "é ) [",
        ] {
            let table = format!("CREATE TABLE r(id TEXT, {check}");
            assert_eq!(list_without(&table, "chain_type", "facilitator"), None, "{check}");
        }
    }
}
