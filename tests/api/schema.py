"""A small JSON-schema validator, and the watcher that holds every answer against /openapi.json.

Knows what our description uses and refuses what it does not know, so that nothing goes unchecked in silence."""
import json
import re

KNOWN = {"type", "enum", "properties", "additionalProperties", "required", "items", "$ref", "minimum", "maximum",
         "minLength", "maxLength", "maxItems", "minItems", "pattern", "description", "const"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


def equal(a, b):
    return type(a) is type(b) and a == b


class Schemas:
    def __init__(self, document):
        self.document = document

    def resolve(self, reference):
        node = self.document
        for part in reference.lstrip("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def problems(self, schema, value, at="$"):
        """Sentences about what does not fit; empty when all does."""
        found = []
        if "$ref" in schema:
            return self.problems(self.resolve(schema["$ref"]), value, at)
        for word in schema:
            if word not in KNOWN:
                found.append("%s: the schema uses %r, which this validator does not know" % (at, word))
        types = schema.get("type")
        if types is not None:
            types = [types] if isinstance(types, str) else types
            if not any(TYPES[name](value) for name in types):
                return found + ["%s: %r is not %s" % (at, value, " or ".join(types))]
        if "enum" in schema and not any(equal(value, one) for one in schema["enum"]):
            found.append("%s: %r is not one of %s" % (at, value, schema["enum"]))
        if "const" in schema and not equal(value, schema["const"]):
            found.append("%s: %r is not %r" % (at, value, schema["const"]))
        if TYPES["number"](value):
            if "minimum" in schema and value < schema["minimum"]:
                found.append("%s: %r is below %r" % (at, value, schema["minimum"]))
            if "maximum" in schema and value > schema["maximum"]:
                found.append("%s: %r is above %r" % (at, value, schema["maximum"]))
        if isinstance(value, str):
            found += self.text(schema, value, at)
        if isinstance(value, list):
            if len(value) > schema.get("maxItems", len(value)) or len(value) < schema.get("minItems", 0):
                found.append("%s: %d items" % (at, len(value)))
            for i, item in enumerate(value):
                found += self.problems(schema.get("items", {}), item, "%s[%d]" % (at, i))
        if isinstance(value, dict):
            found += self.object(schema, value, at)
        return found

    def text(self, schema, value, at):
        found = []
        if len(value) > schema.get("maxLength", len(value)):
            found.append("%s: %d characters" % (at, len(value)))
        if len(value) < schema.get("minLength", 0):
            found.append("%s: %d characters" % (at, len(value)))
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append("%s: %r does not match %s" % (at, value, schema["pattern"]))
        return found

    def object(self, schema, value, at):
        found = ["%s: %r is missing" % (at, name) for name in schema.get("required", []) if name not in value]
        properties = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        for name, item in value.items():
            inner = at + "." + name
            if name in properties:
                found += self.problems(properties[name], item, inner)
            elif more is False:
                found.append("%s is not described" % inner)
            elif isinstance(more, dict):
                found += self.problems(more, item, inner)
        return found


def strict_json(body):
    """Parsed; duplicate members, NaN and what is not UTF-8 are errors."""
    def members(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError("a member stands there twice: %s" % names)
        return dict(pairs)

    def constant(text):
        raise ValueError("%s is not JSON" % text)

    return json.loads(body.decode("utf-8"), object_pairs_hook=members, parse_constant=constant)


class Watcher:
    """Checks every answer; remembers which routes gave a good one."""

    def __init__(self, document):
        self.schemas = Schemas(document)
        self.routes = []
        for path, methods in document["paths"].items():
            expression = re.compile("^" + re.sub(r"\\\{[a-z]+\\\}", "[0-9]{1,18}", re.escape(path).replace(r"\{receipt\}", "[A-Za-z0-9-]{1,63}").replace(r"\{kind\}", "[a-z]{1,20}")) + "$")
            for method, operation in methods.items():
                self.routes.append((method.upper(), expression, path, operation))
        self.good, self.checked, self.failures = set(), 0, []

    def route(self, method, path):
        path = path.split("?")[0]
        for known, expression, pattern, operation in self.routes:
            if known == method and expression.match(path):
                return pattern, operation
        return None, None

    def __call__(self, answer):
        self.checked += 1
        where = "%s %s -> %d" % (answer.method, answer.path[:120], answer.status)
        pattern, operation = self.route("GET" if answer.method == "HEAD" else answer.method, answer.path)
        kind = answer.headers.get("content-type", "").split(";")[0]
        if answer.status >= 400:
            if kind == "application/problem+json":
                self.problem(where, answer)
            elif not (pattern == "/readyz" and kind == "application/json"):
                self.failures.append("%s: content type %r, not a problem" % (where, kind))
            return
        if not pattern:
            return
        described = operation["responses"].get(str(answer.status))
        if not described:
            self.failures.append("%s: this status is not described" % where)
            return
        if answer.method == "HEAD":
            return
        self.good.add("%s %s" % (answer.method, pattern))
        content = described.get("content", {})
        if not answer.body:
            if content:
                self.failures.append("%s: an empty answer, but %s is described" % (where, list(content)))
            return
        if kind not in content:
            self.failures.append("%s: content type %r, described are %s" % (where, kind, list(content)))
            return
        if kind == "application/json":
            self.take(where, content[kind]["schema"], answer.body)

    def problem(self, where, answer):
        self.take(where, {"$ref": "#/components/schemas/problem"}, answer.body)
        said = answer.json()
        if said.get("status") != answer.status:
            self.failures.append("%s: the problem says status %r" % (where, said.get("status")))
        if not said.get("detail"):
            self.failures.append("%s: a problem without detail: %r" % (where, said))
        if answer.status >= 500 and answer.status not in (503, 507):
            self.failures.append("%s: %s" % (where, answer.body[:300]))

    def take(self, where, schema, body):
        try:
            value = strict_json(body)
        except ValueError as error:
            self.failures.append("%s: %s" % (where, error))
            return
        found = self.schemas.problems(schema, value)
        self.failures += ["%s: %s" % (where, text) for text in found[:5]]

    def not_called(self):
        return ["%s %s" % (method, pattern) for method, _, pattern, _ in self.routes
                if "%s %s" % (method, pattern) not in self.good]
