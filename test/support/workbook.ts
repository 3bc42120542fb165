import { writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import yazl from 'yazl'

/** Zips files by their names. */
export async function zipped (parts: Record<string, string | Buffer>): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), name)
  zip.end()
  return buffer(zip.outputStream)
}

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'

const relations = (...parts: [id: string, type: string, target: string][]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${parts.map(([id, type, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`).join('')}</Relationships>`

export interface Sheet { name?: string, state?: string, /** What stands in <sheetData>. */ rows: string, /** What follows it. */ after?: string }

/** A workbook made of XML, so that a test can have in it what no program would write. */
export const workbook = (sheets: Sheet[], { strings, styles, head = '', properties = '' }: { strings?: string, styles?: string, head?: string, properties?: string } = {}): Promise<Buffer> => zipped({
  '_rels/.rels': relations(['rId1', 'officeDocument', 'xl/workbook.xml']),
  'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}">${properties}<sheets>${sheets.map(({ name, state }, n) => `<sheet name="${name ?? `Sheet${n + 1}`}" sheetId="${n + 1}"${state ? ` state="${state}"` : ''} r:id="rId${n + 1}"/>`).join('')}</sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': relations(...sheets.map((_, n) => [`rId${n + 1}`, 'worksheet', `worksheets/sheet${n + 1}.xml`] as [string, string, string]), ['rIdS', 'sharedStrings', 'sharedStrings.xml'], ['rIdT', 'styles', '/xl/styles.xml']),
  ...Object.fromEntries(sheets.map(({ rows, after = '' }, n) => [`xl/worksheets/sheet${n + 1}.xml`, `<?xml version="1.0"?>${head}<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData>${after}</worksheet>`])),
  ...strings !== undefined && { 'xl/sharedStrings.xml': `<sst xmlns="${MAIN}">${strings}</sst>` },
  ...styles !== undefined && { 'xl/styles.xml': `<styleSheet xmlns="${MAIN}">${styles}</styleSheet>` }
})

/** A row of texts. */
export const row = (...cells: string[]): string => `<row>${cells.map(cell => `<c t="inlineStr"><is><t>${cell}</t></is></c>`).join('')}</row>`

/** Writes a file into a test's folder; returns its path. */
export async function saved (folder: string, name: string, content: string | Buffer): Promise<string> {
  const path = `${folder}/${name}`
  await writeFile(path, content)
  return path
}
