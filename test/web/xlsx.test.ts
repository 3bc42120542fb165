import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { inspect, readRows } from '../../src/imports/reading/source.js'
import { writeWorkbook, type XlsxCell } from '../../src/web/xlsx.js'
import { saved } from '../support/workbook.js'

t.test('what is written comes back, and no text is calculated', async t => {
  const texts = ['=1+1', '+48 600 100 200', '-5', '@SUM(A1)', "'=1", 'a & b <c> "d"', 'two\nlines', '_x000D_ as typed', 'żółć 🚲', '0012', '1E5']
  const rows: XlsxCell[][] = [...texts.map((text, n): XlsxCell[] => [text, n / 8, null]), ['', 1234567890.5, { day: '2026-11-03' }], ['x', null, { day: '2026-03-29 02:30' }], [null, -3, { day: '1899-05-01' }]]
  const bytes = await buffer(writeWorkbook([{ name: 'A: [list]', columns: [{ title: 'Text', width: 20 }, { title: 'Number', width: 10 }, { title: 'Day', width: 12, kind: 'date' }], rows: [rows.slice(0, 3), [], rows.slice(3)] }]))
  const path = await saved(t.testdir({}), 'a.xlsx', bytes)
  const { reading, header } = await inspect(path, '', { headerRow: 1 })
  t.equal(reading.sheet, 'A list')
  t.same(header, ['Text', 'Number', 'Day'])
  const read: string[][] = []
  for await (const batch of readRows(path, reading)) read.push(...batch.map(({ cells }) => cells))
  t.same(read, rows.map(cells => cells.map(cell => typeof cell === 'object' && cell !== null ? cell.day : String(cell ?? ''))))
})

t.test('rows that fail while they are written fail the file; a reader who goes ends them', async t => {
  const columns = [{ title: 'A', width: 10 }]
  async function * failing () {
    yield [['a']]
    throw new Error('no more')
  }
  await t.rejects(buffer(writeWorkbook([{ name: 'A', columns, rows: failing() }])), /no more/)

  let end = () => {}
  const ended = new Promise<void>(resolve => { end = resolve })
  async function * endless () {
    try {
      for (;;) yield [['x'.repeat(10_000)]]
    } finally {
      end()
    }
  }
  for await (const piece of writeWorkbook([{ name: 'A', columns, rows: endless() }])) if (piece) break
  await ended
  t.pass('a cursor behind it is closed')
})
