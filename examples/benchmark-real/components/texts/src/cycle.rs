//! Texts in a circle.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    texts: Vec<String>,
    content_type: String,
    /// How many texts there are, all replicas of the flow together; without it there is no end.
    count: Option<u64>,
    /// `R/N`: of the texts, this source has those of replica R of N.
    #[serde(default)]
    share: Share,
    /// Texts before the next one, of this source and of others.
    #[serde(skip)]
    passed: u64,
}

/// Which of the replicas of a flow a source belongs to.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Share {
    replica: u64,
    replicas: u64,
}

/// A text, and what it is.
pub struct Text<'a> {
    pub text: &'a str,
    pub content_type: &'a str,
}

impl Texts {
    /// The next text; `None` after the last one, and when there are none.
    pub fn advance(&mut self) -> Option<Text<'_>> {
        let number = self.passed + self.share.replica;
        if self.count.is_some_and(|count| number >= count) {
            return None;
        }
        let position = number.checked_rem(self.texts.len() as u64)?;
        self.passed += self.share.replicas;
        Some(Text {
            text: &self.texts[position as usize],
            content_type: &self.content_type,
        })
    }
}

impl Default for Share {
    fn default() -> Self {
        Share {
            replica: 0,
            replicas: 1,
        }
    }
}

impl TryFrom<String> for Share {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = || {
            let (replica, replicas) = text.split_once('/')?;
            let share = Share {
                replica: replica.parse().ok()?,
                replicas: replicas.parse().ok()?,
            };
            Some(share).filter(|share| share.replica < share.replicas)
        };
        parsed().ok_or_else(|| format!("`{text}` is not `REPLICA/REPLICAS`"))
    }
}
