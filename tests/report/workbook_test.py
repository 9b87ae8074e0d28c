"""The workbook that the program writes, read by Python's zipfile and XML parser, and by openpyxl where it is: workbook_test.py TOOL"""
import io
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
import zipfile

TOOL = sys.argv[1]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WANTED = [["plain", "a,b \"c\"\r\nd", -5, None, 1.005],
          ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "1=1", " x", "报警 <&>", "\ufffd"]]
READ = """import openpyxl, sys, json
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps([[sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)], [cell.data_type for row in sheet.iter_rows() for cell in row]] for sheet in book]))"""


class Workbook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = tempfile.NamedTemporaryFile(suffix=".xlsx")
        subprocess.run([TOOL, cls.file.name], check=True)

    def test_by_parts(self):
        with zipfile.ZipFile(self.file.name) as archive:
            self.assertIsNone(archive.testzip())
            for name in archive.namelist():
                xml.fromstring(archive.read(name))
            sheet = xml.fromstring(archive.read("xl/worksheets/sheet1.xml"))
            names = [each.get("name") for each in xml.fromstring(archive.read("xl/workbook.xml")).iter(MAIN + "sheet")]
        self.assertEqual(names, ["one", "two"])
        rows = []
        for row in sheet.iter(MAIN + "row"):
            cells = []
            for cell in row:
                text, value = cell.find("%sis/%st" % (MAIN, MAIN)), cell.find(MAIN + "v")
                cells.append(text.text if text is not None else float(value.text) if value is not None else None)
            rows.append(cells)
        self.assertEqual(rows, WANTED)

    def test_by_openpyxl(self):
        for python in (sys.executable, "/usr/bin/python3"):
            made = subprocess.run([python, "-c", READ, self.file.name], capture_output=True, text=True)
            if made.returncode == 0:
                break
        else:
            print("skipped: openpyxl is not here (python3-openpyxl)")
            self.skipTest("no openpyxl")
        import json
        sheets = json.loads(made.stdout)
        self.assertEqual([sheet[0] for sheet in sheets], ["one", "two"])
        first = [[value for value in row if value is not None] for row in sheets[0][1]]
        self.assertEqual(first[0], ["plain", "a,b \"c\"\r\nd", -5, 1.005])
        self.assertEqual(first[1][:4], ["=1+1", "+49", "-2", "@SUM(A1)"])
        self.assertNotIn("f", sheets[0][2])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
