/// A request for one page of a list: at most `first` rows after the one that `after` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<Id> {
    /// How many rows at the most, 1 to 100.
    pub first: u64,
    /// The last row of the page before, if any.
    pub after: Option<Id>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows in the order of the list.
    pub items: Vec<T>,
    /// True when more rows follow.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// Makes a page of rows that were read with one more than asked for, which tells whether more follow.
    pub fn from_overread(mut items: Vec<T>, first: u64) -> Self {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let has_next = items.len() > first;
        items.truncate(first);
        Self { items, has_next }
    }
}

impl<Id> PageRequest<Id> {
    /// How many rows to read so that [`Page::from_overread`] knows whether more follow.
    pub fn overread(&self) -> u64 {
        self.first.saturating_add(1)
    }
}
