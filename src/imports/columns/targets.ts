import type { Labels } from '../../web/labels.js'
import type { FieldKind } from '../../form-editor/definition.js'

/**
 * Something a column can be. The names, which an import keeps:
 * `id` (our number of the client), `kind` ("person" or "company" in words), `is_company` (yes or no), `name` (a whole name, of whichever kind),
 * `first_name`, `surname`, `company_name`, `is_supplier`, `is_conflicted`, `conflict_reason`,
 * `phone` (a number of the usual type), `phone:<id>` (of this type of phone), `phone.type` (the type, in words, of the numbers in the next phone column),
 * `email`, `address`, `campaign`, `location`, `discount_services`, `discount_products` (per cent, or a price type's name), `tag`, `note`,
 * `own.<key>`, and `consent.whatsapp`, `consent.viber`, `consent.sms`, `consent.email` (yes: every number or address of the row; or those meant, one by one).
 */
export interface Target {
  name: string
  /** Its title: words of the locales (with `labels` filled in, of a type of phone its name), or of an admin. */
  title: { key: string, values?: Record<string, string> } | { labels: Labels }
  group: 'client' | 'contacts' | 'more' | 'own' | 'consents'
  /** What becomes of several columns that are it: a list of values (see splitValues), one text with this between them, or there may be one only. */
  several: { list: true } | { joint: string } | null
  /** What its cells hold, where content can tell. */
  kind: 'text' | 'phone' | 'email' | 'yes_no' | 'id' | FieldKind
  /** Further names by which a file may call it, besides those that are known: labels of a field in each language, its key, a type's name. */
  called: string[]
}
