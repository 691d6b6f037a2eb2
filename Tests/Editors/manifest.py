"""What VS Code and its packager `vsce` ask of an extension's manifest, as far as they are published: the reference pages
"Extension Manifest", "Contribution Points" and "Activation Events" of code.visualstudio.com. The packager itself is not run.
"""

import json
import re

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
VERSION = re.compile(r"\d+\.\d+\.\d+")
CATEGORIES = {
    "AI", "Azure", "Chat", "Data Science", "Debuggers", "Education", "Extension Packs", "Formatters", "Keymaps",
    "Language Packs", "Linters", "Machine Learning", "Notebooks", "Other", "Programming Languages", "SCM Providers",
    "Snippets", "Testing", "Themes", "Visualization"}
# The menus that the manifest may use, of the many that there are.
MENUS = {"commandPalette", "editor/context", "editor/title", "editor/title/run", "explorer/context"}
SCOPES = {"application", "machine", "window", "resource", "language-overridable", "machine-overridable"}
TYPES = {"string": str, "boolean": bool, "number": (int, float), "integer": int, "array": list, "object": dict}
# What a module may be asked for without being named as a dependency.
GIVEN = re.compile(r"vscode$|node:|\.{1,2}/")


def mistakes(folder):
    """What is wrong with the extension in a folder."""
    manifest = json.loads((folder / "package.json").read_text())
    for rule in (identity, packaging, languages, grammars, snippets, commands, settings, modules):
        for mistake in rule(manifest, folder):
            yield f"{folder.name}/package.json: {mistake}"


def identity(manifest, folder):
    for field in ("name", "publisher"):
        if not NAME.fullmatch(manifest.get(field, "")):
            yield f"`{field}` is to be of small letters, digits and hyphens"
    if not VERSION.fullmatch(manifest.get("version", "")):
        yield "`version` is to be three numbers: the marketplace takes no other"
    if not re.fullmatch(r"[\^>=]*" + VERSION.pattern, manifest.get("engines", {}).get("vscode", "")):
        yield "`engines.vscode` is to be a version of VS Code, and not `*`"
    for category in manifest.get("categories", []):
        if category not in CATEGORIES:
            yield f"there is no category {category}"
    if len(manifest.get("keywords", [])) > 30:
        yield "the marketplace takes 30 keywords"
    for field in ("displayName", "description", "license"):
        if not manifest.get(field):
            yield f"`{field}` is missing"


def packaging(manifest, folder):
    if not (folder / "README.md").is_file():
        yield "README.md is missing, which the marketplace shows"
    if not (folder / manifest["main"]).is_file():
        yield f"`main` names {manifest['main']}, which is not there"
    if "activationEvents" not in manifest:
        yield "an extension with `main` has `activationEvents`"
    if "files" in manifest and (folder / ".vscodeignore").exists():
        yield "`files` and .vscodeignore are never both there"
    if manifest.get("icon", "").endswith(".svg"):
        yield "an icon is no SVG"
    known = {item["id"] for item in manifest["contributes"].get("languages", [])}
    for event in manifest.get("activationEvents", []):
        kind, _, value = event.partition(":")
        if kind == "onLanguage" and value not in known:
            yield f"{event} is for a language that is not contributed"
        elif kind not in ("onLanguage", "onStartupFinished", "workspaceContains"):
            yield f"{event} needs no line: VS Code has it from the contributions"


def languages(manifest, folder):
    for item in manifest["contributes"].get("languages", []):
        if not (folder / item["configuration"]).is_file():
            yield f"{item['configuration']} is not there"
        if not all(name.startswith(".") for name in item["extensions"]):
            yield f"the extensions of {item['id']} begin with a point"
        re.compile(item.get("firstLine", ""))


def grammars(manifest, folder):
    known = {item["id"] for item in manifest["contributes"].get("languages", [])}
    for item in manifest["contributes"].get("grammars", []):
        path = folder / item["path"]
        if not path.is_file():
            yield f"{item['path']} is not there"
        elif json.loads(path.read_text())["scopeName"] != item["scopeName"]:
            yield f"{item['path']} is of another scope than {item['scopeName']}"
        for language in [item.get("language"), *item.get("embeddedLanguages", {}).values()]:
            if language is not None and language not in known:
                yield f"{item['path']} is for {language}, which is not contributed"
        if "language" not in item and not item.get("injectTo"):
            yield f"{item['path']} is for no language and injected into none"


def snippets(manifest, folder):
    known = {item["id"] for item in manifest["contributes"].get("languages", [])}
    for item in manifest["contributes"].get("snippets", []):
        if item["language"] not in known:
            yield f"{item['path']} is for {item['language']}, which is not contributed"
        if not (folder / item["path"]).is_file():
            yield f"{item['path']} is not there"
            continue
        for name, snippet in json.loads((folder / item["path"]).read_text()).items():
            if not snippet.get("prefix") or not snippet.get("body"):
                yield f"the snippet {name} has no prefix or no body"


def commands(manifest, folder):
    contributed = manifest["contributes"]
    known = [item["command"] for item in contributed.get("commands", [])]
    if len(set(known)) != len(known):
        yield "a command stands there twice"
    for item in contributed.get("commands", []):
        if not item["command"].startswith(manifest["name"] + ".") or not item.get("title"):
            yield f"{item['command']} is to begin with the extension's name and to have a title"
        if "icon" in item and not re.fullmatch(r"\$\([a-z-]+\)", item["icon"]):
            yield f"{item['command']} has an icon that is none of VS Code's"
    for menu, items in contributed.get("menus", {}).items():
        if menu not in MENUS:
            yield f"there is no menu {menu} among those that are known here"
        for item in items:
            if item["command"] not in known:
                yield f"the menu {menu} has {item['command']}, which is no command"


def settings(manifest, folder):
    contributed = manifest["contributes"]
    for name, item in contributed.get("configuration", {}).get("properties", {}).items():
        if not name.startswith(manifest["name"] + "."):
            yield f"the setting {name} is to begin with the extension's name"
        if not isinstance(item.get("default"), TYPES[item["type"]]) or item["default"] not in item.get("enum", [item["default"]]):
            yield f"the default of {name} is none of its values"
        if item.get("scope", "window") not in SCOPES or not item.get("description"):
            yield f"{name} has no description, or a scope that there is not"
    known = {item["id"] for item in contributed.get("languages", [])}
    for name in contributed.get("configurationDefaults", {}):
        if name.startswith("[") and name.strip("[]") not in known:
            yield f"configurationDefaults has {name}, which is not contributed"
    used = re.findall(r'"(mos\.[\w.]+)"', (folder / manifest["main"]).read_text())
    declared = {*contributed["configuration"]["properties"], *(item["command"] for item in contributed["commands"])}
    for name in used:
        if name not in declared:
            yield f"{manifest['main']} uses {name}, which is not contributed"


def modules(manifest, folder):
    dependencies = manifest.get("dependencies", {})
    if "vscode" in dependencies:
        yield "`vscode` is no package"
    for name in re.findall(r'require\("([^"]+)"\)', (folder / manifest["main"]).read_text()):
        package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
        if not GIVEN.match(name) and package not in dependencies:
            yield f"{manifest['main']} asks for {name}, which is no dependency"
