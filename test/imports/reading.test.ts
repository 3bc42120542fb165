import t, { type Test } from 'tap'
import { inspect, readRows, Unreadable, type Inspected, type Reading, type SourceRow } from '../../src/imports/reading/source.js'
import { inRoot } from '../../src/paths.js'
import { row, saved, workbook, zipped } from '../support/workbook.js'

const file = (name: string) => inRoot('test', 'imports', 'files', name)

async function all (path: string, reading: Reading): Promise<SourceRow[]> {
  const rows: SourceRow[] = []
  for await (const batch of readRows(path, reading)) rows.push(...batch)
  return rows
}

async function read (path: string, wanted?: Partial<Reading>): Promise<Inspected & { all: SourceRow[] }> {
  const inspected = await inspect(path, path, wanted)
  return { ...inspected, all: await all(path, inspected.reading) }
}

/** Why a file can't be read, looked at or to its end. */
async function why (path: string): Promise<string> {
  try {
    await read(path)
    return 'it can'
  } catch (error) {
    if (error instanceof Unreadable) return error.reason
    throw error
  }
}

const cellsOf = ({ all }: { all: SourceRow[] }) => all.map(({ cells }) => cells)
const kinds = ({ remarks }: Inspected) => remarks.map(({ kind }) => kind)
const folder = (t: Test) => t.testdir({})

t.test('each sample has its rows, and says where it is from', async t => {
  const counts = { 'contacts-export.xlsx': 400, 'google-contacts.csv': 120, 'klienci.csv': 100, 'contacts.vcf': 60, 'messy.csv': 8 }
  for (const [name, count] of Object.entries(counts)) t.equal((await read(file(name))).all.length, count, name)

  const polish = await read(file('klienci.csv'))
  t.match(polish.reading, { format: 'csv', encoding: 'utf-8', delimiter: ';', headerRow: 1 })
  t.same(polish.header, ['Imię i nazwisko', 'Telefon', 'E-mail', 'Adres', 'Uwagi'])
  t.equal(polish.all[0]!.row, 2, 'rows are numbered as a spreadsheet shows them')

  const google = await read(file('google-contacts.csv'))
  t.equal(google.layout, 'google')
  t.equal(google.all[0]!.cells[google.header.indexOf('Labels')], 'Regular\nWholesale', 'without the group that Google makes itself')
  t.equal((await read(file('contacts-export.xlsx'))).layout, 'orderry')

  const messy = await read(file('messy.csv'))
  t.equal(messy.all.at(-1)!.row, 10, 'the empty row counts')
  t.match(messy.all[6]!.cells, ['Beatriz Conceição', '+351933222111; +351 21 300 01 11'])
  t.match(messy.all[5]!.cells[0], /^=HYPERLINK/)
})

t.test('a number is read as its file writes numbers', async t => {
  const markOf = async (text: string) => (await inspect(await saved(folder(t), 'a.csv', text), 'a.csv')).reading.decimalMark
  t.equal(await markOf('Name;Km\nAna;1.500\n'), ',', 'semicolons stand where commas are decimal')
  t.equal(await markOf('Name;Km;Price\nAna;1.500;12.50\n'), '.', 'unless the numbers say otherwise')
  t.equal(await markOf('Name,Km\nAna,"1.500,25"\n'), ',')
  t.equal(await markOf('Name\tKm\nAna\t1 500.25\n'), '.')
  t.equal(await markOf('Name,Km\nAna,1500\n'), undefined, 'what nothing tells is not guessed')
})

t.test('vCards of every age: types, folded lines, quoted-printable, groups, companies', async t => {
  const path = await saved(folder(t), 'a.vcf', [
    'BEGIN:VCARD', 'VERSION:4.0', 'FN:Ana María', 'TEL;TYPE="cell,text";VALUE=uri:tel:+34-612-345-678', 'TEL;TYPE=work,fax:911', 'EMAIL:ana@example', ' .org', 'ADR;TYPE=home:;;Calle Mayor 1\\, 2º;Madrid;;28001;España',
    'CATEGORIES:VIP,a\\,b', 'NOTE:One\\nTwo\\; three', 'BDAY:19850312', 'PHOTO:data:image/jpeg;base64,AAAA', ' AAAABBBB', 'END:VCARD',
    'BEGIN:VCARD', 'VERSION:2.1', 'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Wi=C5=9Bniewska;Ma=C5=82=', 'gorzata;;;', 'TEL;CELL;PREF:600 100 200', 'item1.TEL:600 100 201', 'END:VCARD',
    'begin:vcard', 'VERSION:3.0', 'N:;;;;', 'FN:Nunes e Veiga', 'ORG:Nunes e Veiga;Vendas', 'TEL;TYPE=WORK,VOICE:+351 21 300 01 11', 'TEL;TYPE=WORK:+351 21 300 01 12', 'END:VCARD'
  ].join('\r\n'))
  const { all, header } = await read(path)
  const [ana, malgorzata, company] = all.map(({ cells }) => Object.fromEntries(header.map((name, at) => [name, cells[at]]).filter(([, cell]) => cell)))
  t.same(ana, { 'Full name': 'Ana María', 'Mobile phone': '+34-612-345-678', Fax: '911', 'E-mail': 'ana@example.org', Address: 'Calle Mayor 1, 2º, 28001 Madrid, España', Tags: 'VIP\na,b', Note: 'One\nTwo; three', Birthday: '1985-03-12' })
  t.same(malgorzata, { 'First name': 'Małgorzata', 'Last name': 'Wiśniewska', 'Mobile phone': '600 100 200', Phone: '600 100 201' })
  t.same(company, { 'Company name': 'Nunes e Veiga', 'Is a company': 'yes', 'Work phone': '+351 21 300 01 11, +351 21 300 01 12' })
  t.equal(await why(await saved(folder(t), 'cut.vcf', 'BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\n')), 'cut_off')
})

const ENCODED: [encoding: string, text: string, bytes: Buffer][] = [
  ['windows-1250', 'Imię;Miasto\nZażółć;Łódź\nGęślą;Jaźń\n', Buffer.from('496d69ea3b4d696173746f0a5a61bff3b3e63ba3f3649f0a47ea9c6cb93b4a619ff10a', 'hex')],
  ['iso-8859-2', 'Imię;Miasto\nZażółć;Łódź\nGęślą;Jaźń\n', Buffer.from('496d69ea3b4d696173746f0a5a61bff3b3e63ba3f364bc0a47eab66cb13b4a61bcf10a', 'hex')],
  ['windows-1252', 'Nombre;Ciudad\nÍñigo Núñez;A Coruña\nJosé;León\n', Buffer.from('Nombre;Ciudad\nÍñigo Núñez;A Coruña\nJosé;León\n', 'latin1')],
  ['windows-1252', 'Nome,Cidade\nJoão Conceição,São Paulo\nInês,Évora\n', Buffer.from('Nome,Cidade\nJoão Conceição,São Paulo\nInês,Évora\n', 'latin1')],
  ['utf-16le', 'Imię\tMiasto\nŁucja\tŁódź\n', Buffer.from('\ufeffImię\tMiasto\nŁucja\tŁódź\n', 'utf16le')],
  ['utf-16le', 'Name\tCity\nAnna\tLisboa\n', Buffer.from('Name\tCity\nAnna\tLisboa\n', 'utf16le')],
  ['utf-16be', 'Imię;Miasto\nŁucja;Łódź\n', Buffer.from('\ufeffImię;Miasto\nŁucja;Łódź\n', 'utf16le').swap16()],
  ['utf-8', 'Imię|Miasto\nŁucja|Łódź\n', Buffer.from('\ufeffImię|Miasto\nŁucja|Łódź\n')],
  ['utf-8', 'sep=^\nImię^Miasto\nŁucja^Łódź, Widzew\n', Buffer.from('sep=^\nImię^Miasto\nŁucja^Łódź, Widzew\n')]
]

t.test('a text says itself what it is written in, and what is between its cells', async t => {
  for (const [n, [encoding, text, bytes]] of ENCODED.entries()) {
    const { reading, header, all } = await read(await saved(folder(t), `${n}.csv`, bytes))
    t.equal(reading.encoding, encoding)
    t.same([header, ...all.map(({ cells }) => cells)], text.replace(/^sep.*\n/, '').trim().split('\n').map(line => line.split(/[;\t|^]|,(?! )/)), text)
  }
  const choice = await read(await saved(folder(t), 'wanted.csv', ENCODED[0]![2]), { encoding: 'iso-8859-2', delimiter: 'a', headerRow: null })
  t.match(choice.reading, { encoding: 'iso-8859-2', delimiter: 'a', headerRow: null }, 'a person may know better')
  t.same(choice.header.slice(0, 2), ['A', 'B'])

  const late = Buffer.concat([Buffer.from('Imię;Uwagi\n'), Buffer.from('Anna;nic\n'.repeat(100_000)), Buffer.from('Łucja;źle\n')])
  t.equal((await read(await saved(folder(t), 'late.csv', late))).reading.encoding, 'utf-8', 'though the first letter that tells stands after a megabyte')
})

t.test('CSV as people and programs write it', async t => {
  const rows = async (text: string) => cellsOf(await read(await saved(folder(t), 'a.csv', text), { delimiter: ',', headerRow: 1 }))
  t.same(await rows('Name,Note\r\n"Anna ""Ania""","two\r\nlines"\r\n\r\n5" pipe,x\r\n"Bar" na rogu,y\r\n'), [['Anna "Ania"', 'two\nlines'], ['5" pipe', 'x'], ['"Bar" na rogu', 'y']])
  t.same(await rows("Name,Note\n'=1+1,'+48 600\n''=x,'tis\n'-5,-5\n"), [['=1+1', '+48 600'], ["'=x", "'tis"], ['-5', '-5']], 'the apostrophe against formulas goes, any other stays')
  t.same(await rows('Name,Note\n\u00a0 Anna\u2003Maria\u200b ,a\u0007b\tc\n'), [['Anna Maria', 'ab c']])
  t.same(await rows('Name,Note\nshort\nlong,x,y,z\n'), [['short', '', '', ''], ['long', 'x', 'y', 'z']], 'no cell is lost')
  t.equal(await why(await saved(folder(t), 'open.csv', `Name,Phone\nA,1\n"B,2\n${'C,3\n'.repeat(100)}`)), 'broken_quotes')
  const big = await rows(`Name,Note\nA,${'x'.repeat(1_000_000)}\nB,y\n`)
  t.same(big.map(([, note]) => note!.length), [100_000, 1], 'of a cell of a megabyte so much is kept that its field still refuses it')
})

t.test('the row of names is found, or there is none', async t => {
  const rowOf = async (text: string) => (await inspect(await saved(folder(t), 'a.csv', text), 'a.csv')).reading.headerRow
  t.equal(await rowOf('Our clients 2026,,\n,,\nImię,Nazwisko,Telefon\nAnna,Kowalska,600100200\n'), 3)
  t.equal(await rowOf('Anna,Kowalska,600100200\nJan,Nowak,600100201\n'), null)
  t.equal(await rowOf('anna@example.org\njan@example.org\n'), null)
  t.equal(await rowOf('Vorname,Rufnummer,Mail-Adresse\nAnna,600100200,anna@example.org\nJan,600100201,jan@example.org\n'), 1, 'by the difference to what is below')
  t.equal(await rowOf('Telefon\n600100200\n'), 1)
  const titled = await read(await saved(folder(t), 'titled.csv', 'Klienci salonu, Łódź\nstan na 2025-01-01\n\nImię;Nazwisko;Telefon\nAnna;Nowak;600100200\nJan;Kos;"600100201, 600100202"\n'))
  t.match(titled.reading, { delimiter: ';', headerRow: 4 }, 'titles above it have no delimiters, or others')
  t.equal(titled.all.length, 2)
  t.equal((await inspect(await saved(folder(t), 'one.csv', 'Klient\nNowak, Anna\nKos, Jan\n'), '')).header.length, 1)
  t.equal(await rowOf('Klient,,Kontakt,\nImię,Nazwisko,Telefon,E-mail\nAnna,Nowak,600100200,\n'), 2, 'not the headings of groups above it')
  t.equal(await rowOf('Imię,Telefon,Uwagi\nFirst name,Phone,Notes\nAnna,600100200,\n'), 2, 'nor the same in another language')
  t.equal(await rowOf('Name,Company,Phone\nContact,Firma,\nAnna,Kos,600100200\n'), 1, 'a client may be called what columns are')
  for (const first of ['Klient;Firma;600100200;', 'Klient;Firma;tel. 600 100 200;', 'Klient;Firma;;', 'Kontakt;;;k@poczta.example', 'Client;;;']) t.equal(await rowOf(`${first}\nAnna Nowak;Kos;600100201;anna@poczta.example\nJan Kos;;600100202;\n`), null, `a client, without a row of names above: ${first}`)
  t.equal(await rowOf('Anna Nowak;Kos;600100201\nKlient;Firma;\nJan Kos;;600100202\n'), null, 'nor is a later one taken for names, and those above it for titles')
  t.equal(await rowOf('Serwis;tel. 226001000;\nKlient;Firma;Uwagi\nAnna Nowak;Kos;VIP\n'), 2, 'the company\'s own number above it is no client')
  for (const names of ['Klient;Firma;Telefon', 'Klient;Firma;Numer', 'Nazwa;;', 'Klient;Telefon;']) t.equal(await rowOf(`${names}\nAnna Nowak;Kos;600100201\nJan Kos;;600100202\n`), 1, names)
  const twice = await inspect(await saved(folder(t), 'b.csv', 'Name,Phone,Phone,\nAnna,1234567,7654321,x\n'), 'b.csv')
  t.same(twice.header, ['Name', 'Phone', 'Phone', 'D'])
  t.match(twice.remarks, [{ kind: 'same_headers', values: { names: 'Phone' } }])
})

const STYLES = '<numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/><numFmt numFmtId="165" formatCode="000000000"/><numFmt numFmtId="166" formatCode="[$-415]d mmm yyyy hh:mm;@"/><numFmt numFmtId="167" formatCode="&quot;day&quot; 0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="10"/><xf numFmtId="167"/><xf numFmtId="20"/></cellXfs>'

t.test('a workbook: numbers, dates, formulas, errors, rich text and what is merged', async t => {
  const rows = `
    ${row('Name', 'Phone', 'Date', 'Result', 'Company')}
    <row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3"><v>4.8501777210000002E+10</v></c><c r="C3" s="1"><v>46329</v></c><c r="D3"><f>1+1</f><v>2</v></c><c r="E3" t="b"><v>1</v></c></row>
    <row r="4" hidden="1"><c r="A4" t="s"><v>1</v></c><c r="B4" s="3"><v>1234567</v></c><c r="C4" s="4"><v>46329.395833333336</v></c><c r="D4" t="e"><f>A99</f><v>#REF!</v></c><c r="E4" t="b"><v>0</v></c></row>
    <row r="5"><c r="A5" t="str"><f>B5</f><v>a &amp; b</v></c><c r="B5"><v>0.30000000000000004</v></c><c r="C5" s="2"><v>1</v></c><c r="D5" s="5"><v>0.075</v></c><c r="E5" s="7"><v>0.5</v></c></row>
    <row r="6"><c r="A6" t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c><c r="B6"><v>1E-7</v></c><c r="C6" t="d"><v>2026-11-03T09:30:00</v></c><c r="D6" s="6"><v>5</v></c><c r="E6"/></row>
    <row r="7"><c r="C7"><v>1E+21</v></c></row>`
  const path = await saved(folder(t), 'a.xlsx', await workbook([{ rows, after: '<mergeCells count="1"><mergeCell ref="A3:A4"/></mergeCells>' }, { name: 'Old &amp; gone', state: 'veryHidden', rows: row('x') }, { name: 'More', rows: row('y') }], {
    strings: '<si><t xml:space="preserve"> Zażółć </t></si><si><r><rPr><b/></rPr><t>two_x000D_\n</t></r><r><t>lines</t></r></si>', styles: STYLES
  }))
  const inspected = await read(path)
  t.same(cellsOf(inspected), [
    ['Zażółć', '48501777210', '2026-11-03', '2', 'yes'],
    ['two\nlines', '001234567', '2026-11-03 09:30', '#REF!', 'no'],
    ['a & b', '0.3', '1900-01-01', '7.5%', '12:00'],
    ['rich text', '0.0000001', '2026-11-03 09:30', '5', ''],
    ['', '', '1000000000000000000000', '', '']
  ])
  t.same(inspected.all.map(({ row }) => row), [3, 4, 5, 6, 7])
  t.same(inspected.sheets, [{ name: 'Sheet1', hidden: false }, { name: 'Old & gone', hidden: true }, { name: 'More', hidden: false }])
  t.same(kinds(inspected).sort(), ['cell_errors', 'formulas', 'hidden_rows', 'hidden_sheets', 'merged_cells', 'other_sheets'])
  t.same((await read(path, { sheet: 'More', headerRow: null })).all.map(({ cells }) => cells), [['y']])

  const sheets = await saved(folder(t), 'sheets.xlsx', await workbook([{ name: 'How to', rows: row('Fill in the next sheet') + row('Ask: office@example.org') }, { name: 'Prices', rows: row('Service', 'Price') }, { name: 'Clients', rows: row('Klient', '', 'Uwagi') + row('Nazwisko', 'Telefon') + row('Kos', '600100200', 'VIP') }, { name: 'Old', state: 'hidden', rows: row('Name', 'Phone') }]))
  const chosen = await read(sheets)
  t.equal(chosen.reading.sheet, 'Clients', 'the one that lists clients, before one that tells how')
  t.same([chosen.header, cellsOf(chosen)], [['Nazwisko', 'Telefon', 'Uwagi'], [['Kos', '600100200', 'VIP']]], 'a heading of two rows stands in the upper one')
  const noList = await saved(folder(t), 'none.xlsx', await workbook([{ name: 'First', rows: row('Kos', '600100200') }, { name: 'Second', rows: row('Nowak', '600100201') }, { name: 'Old', state: 'hidden', rows: row('Name', 'Phone') }]))
  t.equal((await read(noList)).reading.sheet, 'First', 'a hidden one is not looked for')

  const mac = await saved(folder(t), 'mac.xlsx', await workbook([{ state: 'hidden', rows: row('no') }, { rows: '' }, { rows: `${row('Birthday')}<row><c s="1"><v>44867</v></c></row>` }], { styles: STYLES, properties: '<workbookPr date1904="1"/>' }))
  const counted = await read(mac, { headerRow: 1 })
  t.equal(counted.reading.sheet, 'Sheet3', 'the first that is seen and has anything')
  t.same(cellsOf(counted), [['2026-11-03']])
})

t.test('what is no list of clients is told what it is, whatever its name says', async t => {
  const dir = folder(t)
  const compound = (name: string) => {
    const file = Buffer.alloc(4096)
    Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(file)
    file.writeUInt16LE(9, 30)
    file.writeUInt32LE(2, 48)
    Buffer.from(name, 'utf16le').copy(file, 3 * 512 + 128)
    return file
  }
  const good = await workbook([{ rows: row('Name') + row('Anna') }])
  const files: [reason: string, name: string, content: string | Buffer][] = [
    ['empty', 'a.csv', ''],
    ['empty', 'a.csv', '\ufeff \n\n'],
    ['empty', 'a.xlsx', await workbook([{ rows: '<row r="1"/>' }])],
    ['password', 'a.xlsx', compound('EncryptedPackage')],
    ['old_excel', 'a.xls', compound('Workbook')],
    ['old_excel', 'a.xls', '<html><table><tr><td>Anna</td></tr></table></html>'],
    ['open_document', 'a.ods', await zipped({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet', 'content.xml': '<a/>' })],
    ['other_kind', 'a.xlsx', await zipped({ 'word/document.xml': '<a/>' })],
    ['other_kind', 'a.csv', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['other_kind', 'a.csv', '%PDF-1.7 …'],
    ['other_kind', 'a.csv', '[{"name":"Anna"}]'],
    ['cut_off', 'a.xlsx', good.subarray(0, good.length / 2)],
    ['no_sheet', 'a.xlsx', await zipped({ '_rels/.rels': '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>', 'xl/workbook.xml': '<workbook><sheets/></workbook>' })],
    ['damaged', 'a.xlsx', await workbook([{ rows: '<row><c><v>1</c></row>' }])],
    ['damaged', 'a.xlsx', await workbook([{ rows: '<row><c t="s"><v>7</v></c></row>' }], { strings: '<si><t>a</t></si>' })],
    ['damaged', 'a.xlsx', await workbook([{ rows: '<row><c r="XFE1"><v>1</v></c></row>' }])]
  ]
  for (const [reason, name, content] of files) t.equal(await why(await saved(dir, name, content)), reason, `${name} ${String(content).slice(0, 20)}`)
  t.equal(await why(await saved(dir, 'clients.pdf', good)), 'it can', 'a workbook is one by any name')
})

/** An archive whose sheet is said to unpack to so many bytes (APPNOTE.TXT 4.3.12). */
function sayingSize (archive: Buffer, size: number): Buffer {
  const changed = Buffer.from(archive)
  const entry = changed.lastIndexOf('xl/worksheets/sheet1.xml') - 46
  changed.writeUInt32LE(size, entry + 24)
  return changed
}

t.test('what is made to break its reader is refused, in little time and memory', async t => {
  const dir = folder(t)
  const head = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
  t.equal(await why(await saved(dir, 'laughs.xlsx', await workbook([{ rows: row('&b;') }], { head }))), 'damaged')
  t.equal(await why(await saved(dir, 'deep.xlsx', await workbook([{ rows: '<a>'.repeat(10_000) }]))), 'damaged')
  t.equal(await why(await saved(dir, 'tag.xlsx', await workbook([{ rows: `<row ${'a'.repeat(9_000_000)}="1"/>` }]))), 'too_much')
  const honest = await workbook([{ rows: row('Name') + ' '.repeat(100_000) }])
  t.equal(await why(await saved(dir, 'bomb.xlsx', sayingSize(honest, 400_000_000))), 'too_much', 'it says itself that it becomes 400 MB')
  t.equal(await why(await saved(dir, 'liar.xlsx', sayingSize(honest, 1000))), 'damaged', 'it becomes more than it says')
  t.equal(await why(await saved(dir, 'wide.xlsx', await workbook([{ rows: `<row>${'<c t="inlineStr"><is><t>x</t></is></c>'.repeat(16_384)}</row>` }]))), 'too_many_columns')
  t.equal(await why(await saved(dir, 'dir.xlsx', await zipped(Object.fromEntries(Array.from({ length: 5001 }, (_, n) => [`${n}`, '']))))), 'too_much')
  t.equal(await why(await saved(dir, 'quotes.csv', `a,b\n"${'x'.repeat(9_000_000)}`)), 'broken_quotes')
  t.equal(await why(await saved(dir, 'line.vcf', `BEGIN:VCARD\nNOTE:${'x'.repeat(9_000_000)}`)), 'too_much')
  const tall = await read(await saved(dir, 'tall.xlsx', await workbook([{ rows: row('Name') + '<row><c s="1"/></row>'.repeat(50_000) + row('Anna') }])), { headerRow: 1 })
  t.same(tall.all, [{ row: 50_002, cells: ['Anna'] }], 'empty rows cost nothing but their number')

  const stop = new AbortController()
  const { reading } = await inspect(file('contacts-export.xlsx'), '')
  await t.rejects(async () => { for await (const rows of readRows(file('contacts-export.xlsx'), reading, stop.signal)) stop.abort(new Error(`${rows.length} are enough`)) }, /are enough/)
})
