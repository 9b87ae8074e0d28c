"""The page's files, as they come out of the program."""
import gzip
import re
import unittest

from world import world


class Page(unittest.TestCase):
    def get(self, path, **headers):
        return world().desk.client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def test_packed_for_who_wants_it(self):
        plain = self.get("/index.html")
        self.assertEqual(plain.status, 200)
        self.assertNotIn("content-encoding", plain.headers)
        for wish, packed in (("gzip", True), ("br, gzip;q=0.5", True), ("deflate,gzip", True), ("gzip;q=0", False), ("gzip; q=0.000, br", False),
                             ("br", False), ("", False), ("xgzip", False), ("gzipped", False), (",,,", False), ("identity;q=0, gzip", True)):
            answer = self.get("/index.html", Accept_Encoding=wish)
            self.assertEqual(answer.headers.get("content-encoding"), "gzip" if packed else None, wish)
            self.assertEqual(gzip.decompress(answer.body) if packed else answer.body, plain.body, wish)
            self.assertIn("accept-encoding", answer.headers["vary"].lower())

    def test_not_sent_again(self):
        answer = self.get("/")
        etag = answer.headers["etag"]
        self.assertEqual(answer.headers["cache-control"], "no-cache")
        for known in (etag, "W/" + etag, '"x", %s' % etag):
            again = self.get("/", If_None_Match=known)
            self.assertEqual((again.status, again.body, again.headers["etag"]), (304, b"", etag), known)
            self.assertNotIn("content-length", again.headers)
        for other in ('"x"', etag[:-1], "", etag[1:-1]):
            self.assertEqual(self.get("/", If_None_Match=other).status, 200, other)

    def test_two_pages(self):
        """The citizens' at /public and /follow, the console everywhere else; neither names a file of the other."""
        console, public = self.get("/").body, self.get("/public").body
        self.assertNotEqual(console, public)
        for path in ("/public/", "/public/write/letter", "/public/verify", "/follow", "/public.html"):
            self.assertEqual(self.get(path).body, public, path)
        for path in ("/publicity", "/follower", "/case/7"):
            self.assertEqual(self.get(path).body, console, path)
        self.assertEqual(set(re.findall(r'(?:src|href)="(/[^"]+)"', public.decode())), {"/public.js", "/public.css"})
        self.assertNotIn(b"/public.", console)
        for name in ("/public.js", "/public.css"):
            self.assertEqual(self.get(name).status, 200, name)
        self.assertEqual(self.get("/follow").headers["content-security-policy"], self.get("/").headers["content-security-policy"])

    def test_every_file_is_there_and_bound(self):
        """Whatever the page names is served, of the right type, and may load nothing from elsewhere."""
        page = self.get("/").body.decode()
        names = set(re.findall(r'(?:src|href)="(/[^"]+)"', page))
        for name in sorted(names):
            answer = self.get(name)
            self.assertEqual(answer.status, 200, name)
            expected = {"js": "text/javascript", "css": "text/css"}[name.rsplit(".", 1)[1]]
            self.assertEqual(answer.headers["content-type"].split(";")[0], expected, name)
        policy = self.get("/").headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("worker-src 'self'", policy)
        self.assertNotRegex(policy, r"unsafe|http|\*|blob:")
        for missing in ("/nothing.js", "/app.js.map", "/../page.c"):
            self.assertIn(self.get(missing).status, (400, 404), missing)
