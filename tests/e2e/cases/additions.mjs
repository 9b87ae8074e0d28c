/* Local additions to a calendar: whose they are is chosen, the days that differ are shown before and after they are published. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { houseOf } from "./matters.mjs";

const text = `additions_to: cn
edition: 1
title: Days of the south
years:
  - year: 2026
    notices:
      - No. 3 of the south, 2026-01-05
    off:
      - 2026-12-07, festival
    work:
      - 2026-12-12, made up
`;
const words = { "en-GB": [/These days become others there/, /additions of South/], "zh-CN": [/以下日子在该辖区有所不同/, /本地调整/], "zh-TW": [/以下日子在該轄區有所不同/, /本地調整/] };

async function publishAdditions(world) {
  const house = await houseOf(world), south = house.areas.south;
  for (const [locale, [differ, whose]] of Object.entries(words)) {
    const desk = await world.at(world.admin, { locale });
    await desk.page.goto("/admin");
    const path = join(world.server.folder, "additions.yaml"), wrong = join(world.server.folder, "additions-wrong.yaml");
    writeFileSync(path, text);
    const submit = desk.$('#edition-form button[type="submit"]');
    if (locale === "en-GB") {
      writeFileSync(wrong, text.replace("2026-12-12", "2026-12-08"));
      await desk.$("#edition-file").setInputFiles(wrong);
      await desk.$("[data-preview]").waitFor();
      await submit.click();
      await desk.$('#edition-form [name="jurisdiction"][aria-invalid]').waitFor(); /* whose? */
      await desk.field("jurisdiction", "#edition-form").selectOption(south);
      await submit.click();
      await desk.$('[data-file-line="11"]').waitFor();
      assert.match(await desk.$("#edition-form .problem").innerText(), /2026-12-08 is worked without this already/);
    }
    await desk.$("#edition-file").setInputFiles(path);
    await desk.$('[data-preview] [data-day="2026-12-12"]').waitFor();
    assert.match(await desk.$("[data-preview]").innerText(), differ);
    assert.deepEqual(await desk.$("[data-preview] [data-day]").evaluateAll((all) => all.map((each) => each.dataset.day)), ["2026-12-07", "2026-12-12"]);
    assert.deepEqual((await desk.axe()).violations, [], locale);
    await world.shot(desk, `additions-${locale}`);
    if (locale === "en-GB") await submit.click();
    const row = desk.$(`tr[data-edition="cn"][data-whose="${south}"]`);
    await row.waitFor();
    assert.match(await row.innerText(), whose);
    await row.locator("[data-show-days]").click();
    await row.locator('[data-day="2026-12-12"]').waitFor();
    await desk.$('tr[data-edition="cn"][data-whose=""]').waitFor(); /* the calendar itself stays */
    await desk.close();
  }
}

export const tests = [{ name: "additions: an agency's days over a calendar", run: publishAdditions }];
