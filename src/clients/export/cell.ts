import { joinValues } from '../../imports/columns/values.js'
import type { CellOf, Words } from '../../many/export/cell.js'
import type { XlsxCell } from '../../web/xlsx.js'

interface Contact { value: string, on: string[], type?: number }

/** A cell of a client, but for those of own fields. */
export const clientCell: CellOf = (row, { name }, words) => {
  const phones = (row.phones ?? []) as Contact[]
  if (name.startsWith('phone:')) return joinValues(phones.filter(({ type }) => type === Number(name.slice('phone:'.length))).map(({ value }) => value))
  if (name.startsWith('consent.')) return agreeing(name === 'consent.email' ? row.emails ?? [] : phones, name.slice('consent.'.length), words)
  switch (name) {
    case 'kind': return words[row.kind] ?? null
    case 'language': return words[row.language] ?? null
    case 'is_supplier': case 'is_conflicted': return row[name] ? words.yes : words.no
    case 'email': return joinValues(((row.emails ?? []) as Contact[]).map(({ value }) => value))
    case 'tag': return joinValues(row.tags ?? [])
    case 'discount_services': return row.price_services ?? (row.discount_services || null)
    case 'discount_products': return row.price_products ?? (row.discount_products || null)
    case 'created': case 'active': case 'archived': return row[name] && { day: row[name] }
    default: return row[name] ?? null
  }
}

/** Whoever may be written to: "yes" where that is all of them, else those meant. */
function agreeing (contacts: readonly Contact[], channel: string, { yes, no }: Words): XlsxCell {
  const agree = contacts.filter(({ on }) => on.includes(channel))
  if (contacts.length === 0) return null
  return agree.length === 0 ? no : agree.length === contacts.length ? yes : joinValues(agree.map(({ value }) => value))
}
