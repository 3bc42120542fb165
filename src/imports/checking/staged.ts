import type { Checked } from './checked.js'

/** The columns of import_rows that checking fills, in the order of a line. */
export const STAGED = [
  'import_id', 'row', 'verdict', 'client_id', 'why', 'cells', 'lacks', 'ref', 'kind', 'first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'address', 'language', 'campaign_id', 'campaign',
  'location_id', 'location', 'discount_services', 'price_type_services_id', 'discount_products', 'price_type_products_id', 'note', 'phones', 'emails', 'tags', 'own'
] as const

/**
 * A checked row as a line of COPY's text format. The cells go along when something is wrong with it, or would be if it made a client, or was left out of it. One that makes a
 * client, as far as can be said without those there are, has its verdict and the number it is given, so that the matching need not write most rows again;
 * one that is left alone whatever there is has its verdict too.
 */
export function stagedLine (importId: number, cells: readonly string[], row: Checked, given: number | 'skip' | undefined): string {
  const keeps = row.problems.length > 0 || row.lacks.length > 0 || row.isEmptied
  return `${importId}\t${row.row}\t${given === undefined ? '\\N\t\\N' : given === 'skip' ? 'skip\t\\N' : `create\t${given}`}\t${json(row.problems)}\t${keeps ? array(cells) : '\\N'}\t${json(row.lacks)}\t${plain(row.ref)}\t${row.kind}\t${text(row.first_name)}\t${text(row.surname)}\t${text(row.company_name)}\t` +
    `${plain(row.is_supplier)}\t${plain(row.is_conflicted)}\t${text(row.conflict_reason)}\t${text(row.address)}\t${text(row.language)}\t${plain(row.campaign_id)}\t${text(row.campaign)}\t${plain(row.location_id)}\t${text(row.location)}\t` +
    `${plain(row.discount_services)}\t${plain(row.price_type_services_id)}\t${plain(row.discount_products)}\t${plain(row.price_type_products_id)}\t${text(row.note)}\t` +
    `${json(row.phones)}\t${json(row.emails)}\t${row.tags.length > 0 ? array(row.tags) : '\\N'}\t${json(row.own)}\n`
}

/** Whether a row makes a client unless it turns out to be about one. */
export const isNew = (row: Checked): boolean => row.problems.length === 0 && row.lacks.length === 0 && row.ref === null

const plain = (value: number | boolean | null): string => value === null ? '\\N' : String(value)

const NEEDS = /[\\\n\r\t\0]/ // eslint-disable-line no-control-regex

function text (value: string | null): string {
  if (value === null) return '\\N'
  // Postgres has no NUL.
  return NEEDS.test(value) ? value.replaceAll('\0', '\uFFFD').replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t') : value
}

function json (list: readonly object[]): string {
  return list.length === 0 ? '\\N' : text(JSON.stringify(list).replaceAll('\\u0000', '\uFFFD'))
}

const array = (values: readonly string[]): string => text(`{${values.map(value => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`)
