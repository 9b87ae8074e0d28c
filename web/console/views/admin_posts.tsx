/* The posts that somebody can be given: the roles of the procedures in force, each for its procedure. */
import { lang, t } from "../../shared/i18n";
import { postsOf, roleText } from "../../shared/procedure";
import { contentOf, editionTitle, openable } from "../editions";
import type { Values } from "../ui/form";
import { CheckField } from "../ui/fields";

const PREFIX = "post_";

/* "letter:clerk mediation:mediator" */
export const chosenPosts = (values: Values): string =>
  Object.entries(values).filter(([name, value]) => name.startsWith(PREFIX) && value === "yes")
    .map(([name]) => name.slice(PREFIX.length)).sort().join(" ");

export function Posts() {
  const list = openable();
  if (!list.length) return null;
  return (
    <details class="wide posts">
      <summary>{t("admin.posts")}</summary>
      <p class="hint">{t("admin.posts_hint")}</p>
      {list.map((edition) => {
        const content = contentOf(edition.id);
        return (
          <fieldset key={edition.id} data-posts-of={edition.name}>
            <legend>{editionTitle(edition)}</legend>
            {content && postsOf(content).map((role) => (
              <CheckField key={role} name={`${PREFIX}${edition.name}:${role}`} label={roleText(content, role, lang.value)} />
            ))}
          </fieldset>
        );
      })}
    </details>
  );
}
