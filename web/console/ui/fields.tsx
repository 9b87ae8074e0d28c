import type { ComponentChildren } from "preact";
import { t } from "../../shared/i18n";
import { useField, type FieldProps } from "./form";

export function Frame({ id, label, hint, required, fault, children, wide }: {
  id: string; label: string; hint?: string | undefined; required?: boolean | undefined; fault: string;
  children: ComponentChildren; wide?: boolean | undefined;
}) {
  return (
    <div class={wide ? "field wide" : "field"}>
      <label for={id}>
        {label}
        {required && <span class="required"> {t("app.required")}</span>}
      </label>
      {children}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {fault && <p class="fault" id={`${id}-fault`}>{fault}</p>}
    </div>
  );
}

interface TextProps extends FieldProps {
  type?: "text" | "password" | "tel" | "date" | "datetime-local";
  autocomplete?: string;
  list?: string;
  wide?: boolean;
  spellcheck?: boolean;
}

export function TextField(props: TextProps) {
  const { form, id, fault, control, value } = useField(props);
  return (
    <Frame id={id} label={props.label} hint={props.hint} required={props.required} fault={fault} wide={props.wide}>
      <input
        {...control}
        type={props.type ?? "text"}
        value={value}
        list={props.list}
        autocomplete={(props.autocomplete ?? "off") as "off"}
        spellcheck={props.spellcheck ?? false}
        onInput={(event) => form.set(props.name, event.currentTarget.value)}
      />
    </Frame>
  );
}

export function AreaField(props: FieldProps & { rows?: number }) {
  const { form, id, fault, control, value } = useField(props);
  return (
    <Frame id={id} label={props.label} hint={props.hint} required={props.required} fault={fault} wide>
      <textarea
        {...control}
        rows={props.rows ?? 3}
        value={value}
        onInput={(event) => form.set(props.name, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
      />
    </Frame>
  );
}

export interface Option { value: string; text: string }

export function SelectField(props: FieldProps & { options: readonly Option[]; empty?: string; wide?: boolean }) {
  const { form, id, fault, control, value } = useField(props);
  return (
    <Frame id={id} label={props.label} hint={props.hint} required={props.required} fault={fault} wide={props.wide}>
      <select {...control} value={value} onChange={(event) => form.set(props.name, event.currentTarget.value)}>
        {props.empty !== undefined && <option value="" selected={value === ""}>{props.empty}</option>}
        {props.options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>{option.text}</option>
        ))}
      </select>
    </Frame>
  );
}

export function CheckField(props: FieldProps) {
  const { form, id, fault, control, value } = useField(props);
  return (
    <div class="field check">
      <input
        {...control}
        type="checkbox"
        checked={value === "yes"}
        onChange={(event) => form.set(props.name, event.currentTarget.checked ? "yes" : "")}
      />
      <label for={id}>{props.label}</label>
      {fault && <p class="fault" id={`${id}-fault`}>{fault}</p>}
    </div>
  );
}
