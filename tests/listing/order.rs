//! Brings a listing of ipvsadm into our order, since its own is not always one.

/// A line of a service, and those of its real servers.
type ListedBlock<'a> = (&'a str, Vec<&'a str>);

/// The blocks of `listing` in the order in which they stand in `model`, and real servers likewise. What `model` lacks comes
/// last.
pub(crate) fn in_order_of(model: &str, listing: &str, is_server: fn(&str) -> bool) -> String {
    let (_, model) = blocks(model, is_server);
    let (mut lines, mut blocks) = blocks(listing, is_server);
    let place = |service: &str| {
        let found = model
            .iter()
            .position(|(candidate, _)| *candidate == service);
        found.unwrap_or(usize::MAX)
    };
    blocks.sort_by_key(|(service, _)| place(service));
    for (service, mut servers) in blocks {
        if let Some((_, wanted)) = model.get(place(service)) {
            let place = |server: &str| wanted.iter().position(|candidate| *candidate == server);
            servers.sort_by_key(|server| place(server).unwrap_or(usize::MAX));
        }
        lines.push(service);
        lines.extend(servers);
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The titles of a listing, and its blocks.
fn blocks(listing: &str, is_server: fn(&str) -> bool) -> (Vec<&str>, Vec<ListedBlock<'_>>) {
    let is_title = |line: &&str| line.starts_with("IP Virtual") || line.contains("Address:Port");
    let titles: Vec<&str> = listing.lines().take_while(is_title).collect();
    let mut blocks: Vec<ListedBlock<'_>> = Vec::new();
    for line in listing.lines().skip(titles.len()) {
        match blocks.last_mut() {
            Some((_, servers)) if is_server(line) => servers.push(line),
            _ => blocks.push((line, Vec::new())),
        }
    }
    (titles, blocks)
}
