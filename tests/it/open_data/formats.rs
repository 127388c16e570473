//! Reads what a register is written in.

use quick_xml::events::Event;

/// Reads comma-separated values back as RFC 4180 says.
pub(super) fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut characters = text.chars().peekable();
    let mut inside = false;
    while let Some(next) = characters.next() {
        let row = rows.last_mut().unwrap();
        match next {
            '"' if inside && characters.peek() == Some(&'"') => row.last_mut().unwrap().extend(characters.next()),
            '"' => inside = !inside,
            ',' if !inside => row.push(String::new()),
            '\r' if !inside => assert_eq!(characters.peek(), Some(&'\n')),
            '\n' if !inside => rows.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line ends as well");
    rows
}

/// What is wrong with a page for those who hear it or use a keyboard only; every element is closed by its own end.
pub(super) fn check_page(text: &str, lang: &str) {
    assert!(text.starts_with("<!doctype html>\n"), "{text}");
    let mut elements = Vec::new();
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {text}")) {
            Event::Start(element) | Event::Empty(element) => {
                let name = element.name().as_ref().to_owned();
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.unwrap_or_else(|error| panic!("{error}: {text}"));
                    let key = attribute.key.as_ref().to_owned();
                    (key, attribute.value.to_string())
                });
                elements.push((name, attributes.collect::<Vec<_>>()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let all = |wanted: &str| {
        elements
            .iter()
            .filter(move |(name, _)| name == wanted)
            .collect::<Vec<_>>()
    };
    let has = |element: &(String, Vec<(String, String)>), key: &str| element.1.iter().any(|(name, _)| name == key);
    assert_eq!(all("html")[0].1, [("lang".to_owned(), lang.to_owned())]);
    for single in ["title", "main", "h1", "table", "caption", "thead", "tbody"] {
        assert_eq!(all(single).len(), 1, "{single}");
    }
    assert!(all("th").iter().all(|cell| has(cell, "scope")), "{text}");
    for forbidden in ["script", "style", "img", "iframe", "object"] {
        assert!(all(forbidden).is_empty(), "{forbidden}");
    }
    assert!(elements.iter().all(|(_, attributes)| {
        attributes
            .iter()
            .all(|(name, _)| !name.starts_with("on") && name != "style" && name != "tabindex")
    }));
    let labelled: Vec<_> = all("label").iter().flat_map(|label| label.1.clone()).collect();
    for input in all("input")
        .iter()
        .filter(|input| !input.1.contains(&("type".to_owned(), "hidden".to_owned())))
    {
        let id = input.1.iter().find(|(name, _)| name == "id").unwrap();
        assert!(labelled.contains(&("for".to_owned(), id.1.clone())), "{id:?}");
    }
}
