//! Composition: `extends`, `--set`, suites.

use std::path::{Path, PathBuf};

use super::literal::literal;
use super::node::{self, Item, Node, Table};
use super::section::Section;
use super::settings;
use super::spec::{self, Spec, Sweep};
use super::write::to_toml;
use crate::column;
use crate::diagnostic::{Diagnostic, Origin, Sources, list};
use crate::error::HarnessError;
use crate::value::{Value, toml_key};
use crate::workload::{Registry, Workload};

/// Keys that a suite's own file may have.
const SUITE_KEYS: [&str; 8] = ["suite", "schema", "name", "measure", "limits", "output", "plot", "verdict"];

/// Reads, composes and checks the configuration at `path` with the `--set` assignments applied in order.
///
/// # Errors
/// [`HarnessError::Spec`] with everything that is wrong with it.
pub(crate) fn load(path: &Path, sets: &[String], registry: &Registry) -> Result<Sweep, HarnessError> {
    let mut loader = Loader { sources: Sources::default(), registry, problems: Vec::new() };
    let sweep = loader.sweep(path, sets);
    match sweep {
        Some(mut sweep) if loader.problems.is_empty() => {
            sweep.sources = loader.sources;
            Ok(sweep)
        }
        _ => Err(HarnessError::spec(&loader.problems, &loader.sources)),
    }
}

struct Loader<'a> {
    sources: Sources,
    registry: &'a Registry,
    problems: Vec<Diagnostic>,
}

impl Loader<'_> {
    fn sweep(&mut self, path: &Path, sets: &[String]) -> Option<Sweep> {
        let (mut root, start) = self.file(path, &mut Vec::new(), None)?;
        if let Some(figures) = root.get("figure")
            && root.get("workload").is_none()
        {
            let help = format!("`figures --list {}` draws what it lists", path.display());
            let list = format!("{} is a list of figures, not a sweep", path.display());
            self.problems.push(Diagnostic::new(list).at(&figures.key, "figures of results").help(help));
            return None;
        }
        let sets: Vec<Table> = sets.iter().filter_map(|set| self.assignment(set)).collect();
        if root.get("suite").is_some() {
            return self.suite(path, root, &start, &sets);
        }
        for set in sets {
            merge(&mut root, set);
        }
        let (spec, output, budget_seconds) = spec::check(&root, &start, self.registry, &mut self.problems)?;
        Some(Sweep {
            name: spec.name.clone(),
            members: vec![spec],
            output,
            budget_seconds,
            sources: Sources::default(),
            composed: vec![("sweep.toml".to_owned(), self.recorded(&root))],
            annotated: to_toml(&root, Some(&self.sources)),
        })
    }

    /// The composed configuration under the comment that the first file opens with.
    fn recorded(&self, root: &Table) -> String {
        let comment = self.sources.text(0).lines().take_while(|line| line.starts_with('#'));
        let comment: String = comment.map(|line| format!("{line}\n")).collect();
        format!("{comment}{}", to_toml(root, None))
    }

    /// Reads a file and what it extends; `from` is where the file is named, for messages.
    fn file(
        &mut self,
        path: &Path,
        chain: &mut Vec<PathBuf>,
        from: Option<&Origin>,
    ) -> Option<(Table, Origin)> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let problem = Diagnostic::new(format!("cannot read {}: {error}", path.display()));
                let problem = match from {
                    Some(origin) => problem
                        .at(origin, "named here")
                        .help("paths are relative to the file that names them"),
                    None => problem.help("give the path of a configuration file"),
                };
                self.problems.push(problem);
                return None;
            }
        };
        let source = self.sources.add(path.display().to_string(), text.clone());
        let start = Origin { source, span: 0..0 };
        let mut table = match node::parse(&text, source) {
            Ok(table) => table,
            Err(problem) => {
                self.problems.push(problem.or_help("see https://toml.io for the syntax"));
                return None;
            }
        };
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if chain.contains(&identity) {
            let problem = Diagnostic::new(format!("{} extends itself", path.display()));
            self.problems.push(match from {
                Some(origin) => {
                    problem.at(origin, "the circle closes here").help("remove one of the `extends`")
                }
                None => problem,
            });
            return None;
        }
        chain.push(identity);
        let mut root = Table::default();
        if let Some(extends) = table.remove("extends") {
            for base in self.paths(&extends, "extends")? {
                let folder = path.parent().unwrap_or(Path::new("."));
                let (layer, _) = self.file(&folder.join(base.0), chain, Some(&base.1))?;
                merge(&mut root, layer);
            }
        }
        chain.pop();
        merge(&mut root, table);
        Some((root, start))
    }

    fn paths(&mut self, item: &Item, key: &str) -> Option<Vec<(String, Origin)>> {
        let single = [item.clone()];
        let items: &[Item] = match &item.node {
            Node::List(items) => items,
            Node::Leaf(_) | Node::Table(_) => &single,
        };
        let paths: Option<Vec<_>> =
            items.iter().map(|i| Some((i.as_text()?.to_owned(), i.origin.clone()))).collect();
        if paths.as_ref().is_none_or(Vec::is_empty) {
            self.problems.push(
                Diagnostic::new(format!("`{key}` must be a path or a list of paths"))
                    .at(&item.origin, format!("this is {}", item.to_value().kind_name()))
                    .help(format!("write `{key} = [\"other.toml\"]`")),
            );
            return None;
        }
        paths
    }

    /// Parses one `--set KEY=VALUE`.
    fn assignment(&mut self, set: &str) -> Option<Table> {
        let Some((key, value)) = set.split_once('=') else {
            let source = self.sources.add("--set".to_owned(), set.to_owned());
            self.problems.push(
                Diagnostic::new("`--set` needs KEY=VALUE")
                    .at(&Origin { source, span: 0..set.len() }, "no `=`")
                    .help("for example `--set params.size=14` or `--set grid.size=12,13`"),
            );
            return None;
        };
        let (key, value) = (key.trim(), value.trim());
        let axis = key.strip_prefix("grid.").or_else(|| key.strip_prefix("zip."));
        let quoted = match key.strip_prefix("grid.") {
            Some(rest) if !rest.starts_with(['"', '\'']) => format!("grid.{}", toml_key(rest)),
            _ => key.to_owned(),
        };
        let text = format!("{quoted} = {}", literal(value, axis.is_some()));
        let source = self.sources.add(format!("--set {set}"), text.clone());
        match node::parse(&text, source) {
            Ok(table) => Some(table),
            Err(problem) => {
                self.problems.push(problem.or_help(
                    "write values as TOML does: 14, 0.5, \"text\", [1, 2]; lists for axes also as 1,2",
                ));
                None
            }
        }
    }

    fn suite(&mut self, path: &Path, mut root: Table, start: &Origin, sets: &[Table]) -> Option<Sweep> {
        let mut taken = vec![false; sets.len()];
        for (set, taken) in sets.iter().zip(&mut taken) {
            if set.keys().all(|key| SUITE_KEYS.contains(&key)) {
                merge(&mut root, set.clone());
                *taken = true;
            }
        }
        for (key, item) in root.iter().filter(|(key, _)| !SUITE_KEYS.contains(key)) {
            self.problems.push(
                Diagnostic::new(format!("a suite cannot have `{key}`"))
                    .at(&item.key, "belongs in the members")
                    .help(format!("a suite has only {}", list(SUITE_KEYS))),
            );
        }
        let whole = Item { node: Node::Table(root.clone()), key: start.clone(), origin: start.clone() };
        let mut top = Section::new("the suite", Some(&whole), &mut self.problems);
        let name = spec::header(&mut top, &root, start);
        let suite = root.get("suite")?.clone();
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut members: Vec<(Spec, Table)> = Vec::new();
        let (mut plots, mut claims) = (Table::default(), Table::default());
        for (member, origin) in self.paths(&suite, "suite")? {
            let Some((mut tree, begin)) = self.file(&folder.join(&member), &mut Vec::new(), Some(&origin))
            else {
                continue;
            };
            if let Some(inner) = tree.get("suite") {
                self.problems.push(
                    Diagnostic::new("a suite cannot contain a suite")
                        .at(&inner.key, "a suite again")
                        .at(&origin, "named here")
                        .help("list the inner suite's members instead"),
                );
                continue;
            }
            for (set, taken) in sets.iter().zip(&mut taken) {
                if !set.keys().all(|key| SUITE_KEYS.contains(&key)) && self.applies(set, &tree) {
                    merge(&mut tree, set.clone());
                    *taken = true;
                }
            }
            for shared in ["measure", "limits"] {
                if let Some(item) = root.get(shared) {
                    let mut layer = Table::default();
                    layer.put(shared, item.clone());
                    merge(&mut tree, layer);
                }
            }
            if let Some((spec, output, _)) = spec::check(&tree, &begin, self.registry, &mut self.problems) {
                for plot in &output.plots {
                    if let Some(item) = tree.table("plot").and_then(|t| t.get(&plot.id)) {
                        plots.put(&plot.id, item.clone());
                    }
                }
                for (id, item) in tree.table("verdict").into_iter().flat_map(Table::iter) {
                    claims.put(id, item.clone());
                }
                members.push((spec, tree));
            }
        }
        for (set, _) in sets.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            if let Some((key, item)) = set.iter().next() {
                self.problems.push(
                    Diagnostic::new(format!("no member of the suite takes this `{key}`"))
                        .at(&item.key, "applies nowhere")
                        .help("name a key of a member's workload; `sweep config show` lists them"),
                );
            }
        }
        self.finish_suite(name, root, members, [("plot", plots), ("verdict", claims)])
    }

    /// Whether a `--set` table concerns a member: it has the workload, or its workload takes the parameter.
    fn applies(&self, set: &Table, member: &Table) -> bool {
        let workload = member.table("workload").and_then(|t| t.keys().next());
        let Some(workload) = workload.and_then(|name| self.registry.get(name)) else { return false };
        set.iter().all(|(section, item)| match (section, item.as_table()) {
            ("workload", Some(table)) => table.keys().all(|name| name == workload.name()),
            ("params" | "grid", Some(table)) => table.keys().all(|key| takes(workload, key)),
            ("seed" | "deterministic" | "security", _) => true,
            _ => false,
        })
    }

    fn finish_suite(
        &mut self,
        name: String,
        mut root: Table,
        members: Vec<(Spec, Table)>,
        told: [(&str, Table); 2],
    ) -> Option<Sweep> {
        let declared: Vec<_> = members
            .iter()
            .filter_map(|(spec, _)| Some(spec.columns(self.registry.get(&spec.workload)?)))
            .flatten()
            .collect();
        let columns: Vec<String> = column::table(&declared).into_iter().map(|c| c.name).collect();
        for (section, tables) in &told {
            for (id, item) in tables.iter() {
                if root.table(section).is_none_or(|t| t.get(id).is_none()) {
                    let mut one = Table::default();
                    one.put(id, item.clone());
                    let mut layer = Table::default();
                    let (key, origin) = (item.key.clone(), item.origin.clone());
                    layer.put(section, Item { node: Node::Table(one), key, origin });
                    merge(&mut root, layer);
                }
            }
        }
        let output = spec::output(&root, &columns, &mut self.problems);
        spec::claims(&root, &columns, &mut self.problems);
        settings::measure(&root, self.registry, &mut self.problems);
        let (_, budget_seconds) = settings::limits(&root, &mut self.problems);
        let mut composed = Vec::new();
        let mut annotated = to_toml(&root, Some(&self.sources));
        let mut files = Vec::new();
        for (at, (spec, tree)) in members.iter().enumerate() {
            let file = format!("members/{:02}-{}.toml", at + 1, spec.name);
            annotated.push_str(&format!("\n# ---- {file} ----\n{}", to_toml(tree, Some(&self.sources))));
            composed.push((file.clone(), to_toml(tree, None)));
            files.push(Value::Text(file));
        }
        if let Some(suite) = root.get_mut("suite") {
            let origin = suite.origin.clone();
            let leaf = |value| Item { node: Node::Leaf(value), key: origin.clone(), origin: origin.clone() };
            suite.node = Node::List(files.into_iter().map(leaf).collect());
        }
        composed.insert(0, ("sweep.toml".to_owned(), self.recorded(&root)));
        let members: Vec<Spec> = members.into_iter().map(|(spec, _)| spec).collect();
        Some(Sweep {
            name,
            members,
            output,
            budget_seconds,
            sources: Sources::default(),
            composed,
            annotated,
        })
    }
}

fn takes(workload: &dyn Workload, name: &str) -> bool {
    let own = name.strip_prefix("workload.").and_then(|rest| rest.split_once('.'));
    let (table, key) = own.map_or((None, name), |(table, key)| (Some(table), key));
    let head = key.split('.').next().unwrap_or(key);
    table.is_none_or(|table| table == workload.name())
        && (workload.open_params() || workload.keys().iter().any(|k| k.name() == head))
}

/// Lays `over` on `base`: tables merge key by key, everything else is replaced. A key that `over` gives as a single
/// value displaces an axis of `base`, and the other way round.
fn merge(base: &mut Table, over: Table) {
    displace(base, &over);
    for (key, item) in over.iter() {
        let depth =
            if matches!(key, "grid" | "params" | "zip" | "plot" | "verdict") { 1 } else { usize::MAX };
        merge_item(base, key, item.clone(), depth);
    }
}

/// `depth` is how many levels of tables below this key are merged rather than replaced.
fn merge_item(base: &mut Table, key: &str, item: Item, depth: usize) {
    match (base.get_mut(key), item) {
        (Some(Item { node: Node::Table(below), .. }), Item { node: Node::Table(table), .. }) if depth > 0 => {
            for (inner, item) in table.iter() {
                merge_item(below, inner, item.clone(), depth - 1);
            }
        }
        (_, item) => base.put(key, item),
    }
}

fn displace(base: &mut Table, over: &Table) {
    let mut axes: Vec<String> = Vec::new();
    let mut values: Vec<String> =
        over.table("params").into_iter().flat_map(Table::keys).map(str::to_owned).collect();
    for (workload, item) in over.table("workload").into_iter().flat_map(Table::iter) {
        own_paths(item, &format!("workload.{workload}"), &mut values);
    }
    axes.extend(over.table("grid").into_iter().flat_map(Table::keys).map(str::to_owned));
    if let Some(Item { node: Node::Table(grid), .. }) = base.get_mut("grid") {
        for value in &values {
            grid.remove(value);
        }
    }
    for axis in &axes {
        let path: Vec<&str> = match axis.strip_prefix("workload.") {
            Some(rest) => std::iter::once("workload").chain(rest.split('.')).collect(),
            None => vec!["params", axis],
        };
        remove_path(base, &path);
    }
}

fn own_paths(item: &Item, path: &str, found: &mut Vec<String>) {
    for (key, inner) in item.as_table().into_iter().flat_map(Table::iter) {
        let path = format!("{path}.{key}");
        own_paths(inner, &path, found);
        found.push(path);
    }
}

fn remove_path(table: &mut Table, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            table.remove(last);
        }
        [head, rest @ ..] => {
            if let Some(Item { node: Node::Table(inner), .. }) = table.get_mut(head) {
                remove_path(inner, rest);
            }
        }
    }
}
