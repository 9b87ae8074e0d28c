/* The questions of a class, and how their answers become part of the description.  Pure. */
import type { Lang } from "../shared/i18n";
import type { ClassRow } from "../shared/types";

const MAX = 30;

/* In the language of the page, or whichever the class has. */
export function questionsOf(row: ClassRow | undefined, lang: Lang): string[] {
  if (!row) return [];
  const own = lang === "zh-Hans" ? row.questions_hans : lang === "zh-Hant" ? row.questions_hant : row.questions_en;
  const text = [own, row.questions_en, row.questions_hans, row.questions_hant].find((each) => each?.trim());
  return (text ?? "").split("\n").map((line) => line.trim()).filter(Boolean).slice(0, MAX);
}

/* The draft keeps an answer under its question, so that another class with the same question keeps it too. */
export const answerField = (question: string): string => `answer/${question}`;

export function withAnswers(description: string, questions: readonly string[], values: Record<string, string>): string {
  const lines = questions.flatMap((question) => {
    const answer = values[answerField(question)]?.trim();
    return answer ? [`${question} ${answer}`] : [];
  });
  return [description.trim(), ...lines].filter(Boolean).join("\n");
}
