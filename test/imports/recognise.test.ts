import t from 'tap'
import type { OwnField, Shape } from '../../src/form-editor/definition.js'
import { recognise, type Remembered } from '../../src/imports/columns/recognise.js'
import { targetsOf } from '../../src/imports/columns/targets.js'
import { looksOf } from '../../src/imports/columns/content.js'
import { saysNoCompany, saysNoLanguage, saysNoTag, saysNothing } from '../../src/imports/columns/nothing.js'
import { joinValues, splitValues } from '../../src/imports/columns/values.js'
import { halvesOf, howSurnameFirst, surnameFirst } from '../../src/imports/checking/halves.js'
import { isExample, isRemark } from '../../src/imports/checking/remarks.js'
import { splitNumbers } from '../../src/imports/checking/numbers.js'
import { layoutOf } from '../../src/imports/columns/layout.js'
import { inspect } from '../../src/imports/reading/source.js'
import { inRoot } from '../../src/paths.js'
import { translator } from '../../src/web/i18n.js'
import { LANGUAGES, type Viewer } from '../../src/web/viewer.js'

const field = (id: number, key: string, kind: OwnField['kind'], labels: OwnField['labels']): OwnField => ({ id, key, kind, labels, help: {}, default_value: '', version: 1, removed: false, options: [] })
const fields = [field(1, 'born', 'date', { en: 'Date of birth', pl: 'Data urodzenia' }), field(2, 'card', 'unique_id', { en: 'Loyalty card' }), field(3, 'floor', 'short_text', { es: 'Planta', en: 'Floor (required)' })]
const system = ['supplier', 'conflicted', 'phones', 'emails', 'address', 'language', 'campaign', 'location', 'discounts', 'tags', 'note'] as const
const items = [...system.map((system, id) => ({ id, system, field: null, hidden: false, required: false })), ...fields.map((field, id) => ({ id: 100 + id, system: null, field, hidden: false, required: false }))]
const shape: Shape = { version: 1, fields, forms: [{ id: 1, key: 'person', sections: [{ id: 1, key: null, labels: {}, items }] }] }
const viewer = { can: () => true } as unknown as Viewer
const phoneTypes = [{ id: 1, key: 'mobile', name: null }, { id: 2, key: 'work', name: null }, { id: 3, key: 'home', name: null }, { id: 9, key: null, name: 'Garaż' }]
const targets = targetsOf(viewer, { phoneTypes, shape })

/** What columns are taken for, given some of their cells; a header of null is a file without one. */
function guess (header: string[] | null, rows: string[][] = [], remembered?: Remembered) {
  const names = header ?? rows[0]!.map((_, at) => 'ABCDEFGH'[at]!)
  const layout = layoutOf(names)
  return recognise({ header: names, sample: rows, layout, reading: { format: 'csv', headerRow: header ? 1 : null, columns: names.length, layout } }, targets, remembered)
}
const alone = (name: string, ...cells: string[]) => guess([name], cells.map(cell => [cell]))[0]

t.test('names in four languages, whatever their accents, case and signs', t => {
  const known: Record<string, string[]> = {
    first_name: ['Imię', 'IMIE', 'first_name', 'firstname', 'Given Name', 'Nombre de pila'],
    surname: ['Nazwisko', 'Apellidos', 'Apelido', 'Sobrenome', 'Last-Name', 'lastname'],
    name: ['Imię i nazwisko', 'Nazwisko i imię', 'Apellidos y nombre', 'Last name, first name', 'Nombre y apellidos', 'Nome completo', 'Client', 'Name'],
    company_name: ['Nazwa firmy', 'Razón social', 'Razão social', 'Company', 'Empresa'],
    phone: ['Telefon', 'Nr telefonu', 'Teléfono', 'Telefone 2', 'Phone number', 'Tel.', 'Tfno.', 'Other phone'],
    'phone:1': ['Mobile', 'Telefon komórkowy', 'Móvil', 'Telemóvel', 'Celular', 'Mobile Phone 2', 'Phone (mobile)'],
    'phone:2': ['Business Phone', 'Telefon służbowy', 'Teléfono del trabajo', 'Telefone comercial'],
    'phone:3': ['Home Phone', 'Telefon domowy', 'Teléfono fijo', 'Telefone residencial'],
    'phone:9': ['Garaż', 'Telefon: Garaż'],
    email: ['E-mail', 'Adres e-mail', 'Correo electrónico', 'Endereço de e-mail', 'E-mail 2 Address', 'E-mail (opcjonalnie)'],
    address: ['Adres', 'Dirección', 'Morada', 'Address 1 - Formatted', 'Ulica'],
    tag: ['Tagi', 'Etiquetas', 'Group Membership'],
    language: ['Język', 'Preferred language', 'Idioma', 'Locale'],
    campaign: ['Skąd o nas wie', '¿Cómo nos conoció?', 'Ad campaign', 'Origem'],
    note: ['Uwagi', 'Observações', 'Comentarios'],
    'own.born': ['Data urodzenia', 'Birthday', 'Fecha de nacimiento', 'F. nacimiento', 'Data Nasc.', 'Data urodzenia (dd.mm.rrrr)', 'Birthday (YYYY-MM-DD)', 'born'],
    'own.floor': ['planta', 'Floor (required)']
  }
  for (const [target, names] of Object.entries(known)) for (const name of names) t.equal(alone(name), target, name)
  for (const name of ['Fax', 'Telefon (fax)', 'Business Fax', 'Photo', 'NIP', 'Order number', 'Contact ID', 'Type', 'Discount', 'Código', 'Kod']) t.equal(alone(name), null, name)
  for (const language of LANGUAGES) {
    for (const { name, title } of targets) if ('key' in title) t.equal(guess([translator(language)(title.key, title.values), 'Phone', translator(language)('imports.targets.id')])[0], name, `our own title of ${name} in ${language}`)
  }
  t.end()
})

t.test('what is in a column decides what its name leaves open', t => {
  t.same(guess(['Nombre', 'Apellidos']), ['first_name', 'surname'])
  t.same(guess(['Name', 'Given Name', 'Family Name'], [['Anna Nowak', 'Anna', 'Nowak']]), [null, 'first_name', 'surname'])
  t.equal(alone('Organization', 'yes', '', 'Yes'), 'is_company')
  t.equal(alone('Tipo', 'Empresa', 'Persona'), 'kind')
  t.equal(alone('Supplier', 'Acme', 'Bosch'), null)
  t.equal(alone('WhatsApp', '+48 600 100 200'), 'phone')
  t.equal(alone('WhatsApp', 'sí', 'no'), 'consent.whatsapp')
  t.equal(alone('Whatever', 'a@example.org; b@example.org'), 'email')
  t.equal(alone('Whatever', '+48 600 100 200', '+48 600 100 201 / +48 600 100 202'), 'phone')
  t.equal(alone('NIP', '5250001234'), null, 'digits under an unknown name may be anything')
  t.same(guess(['Home Street', 'Home City', 'Business Street', 'Business City', 'Business Postal Code'], [['', '', 'Długa 1', 'Łódź', '90-001']]), [null, null, 'address', 'address', 'address'])
  t.same(guess(['Address 1 - Street', 'Address 1 - Formatted', 'Address 2 - Formatted'], [['Długa 1', 'Długa 1, Łódź', '']]), [null, 'address', null])
  t.same(guess(['Morada', 'Cód. Postal', 'Localidade'], [['Rua da Sé, 3', '1100-585', 'Lisboa'], ['', '4000-001', 'Porto']]), ['address', 'address', 'address'], 'the street alone, as many call it')
  t.same(guess(['Address', 'City', 'Postcode'], [['Długa 1, 90-001 Łódź', 'ŁÓDŹ', '90-001']]), ['address', null, null], 'the whole has them in it')
  t.same(guess(['Código', 'Nombre', 'Dirección'], [['00017', 'Ana Ruiz', 'Mayor 1'], ['00018', 'Paz Gil', 'Mayor 2']]), [null, 'name', 'address'], 'the client\'s, in some program')
  t.same(guess(['Ulica', 'Kod', 'Miasto'], [['Długa 1', '90-001', 'Łódź'], ['Rynek 2', '00950', 'Warszawa']]), ['address', 'address', 'address'], 'a postal one')
  t.same(guess(['Kod', 'Ulica', 'Miasto'], [['K1', 'Długa 1', 'Łódź']]), [null, 'address', 'address'])
  t.same(guess(['Endereço', 'Número', 'Complemento', 'Bairro'], [['Rua das Flores', '123', 'ap. 4', 'Centro']]), ['address', 'address', 'address', 'address'], 'of the house')
  t.same(guess(['Número', 'Endereço', 'Cidade'], [['123', 'Rua das Flores', 'Santos']]), [null, 'address', 'address'])
  t.same(guess(['Address', 'Home City'], [['Długa 1', 'Łódź']]), ['address', null], 'a part of another one')
  t.same(guess(['Phone 1 - Label', 'Phone 1 - Value', 'Phone 2 - Label']), ['phone.type', 'phone', null])
  t.same(guess(['Nombre', 'Segundo nombre', 'Apellidos', 'Particular', 'Fax del trabajo'], [['Ana', 'María', 'Ruiz', '911 234 567', '+34 911 234 568']]), ['first_name', 'first_name', 'surname', 'phone:3', null], 'as Outlook in Spanish has it')
  t.same(guess(['Account Name', 'Mailing Street', 'Mailing State/Province', 'Other City', 'Asst. Phone'], [['Acme Ltd', '1 High St', 'Leeds', '', '+44 113 496 0009']]), ['company_name', 'address', 'address', null, null], 'and Salesforce')
  t.same(guess(['Pacjent', 'Zgoda SMS', 'Zgoda WhatsApp'], [['Anna Kos', 'TAK', 'N']]), ['name', 'consent.sms', 'consent.whatsapp'])
  t.same(guess(['Praca', 'Kolumna'], [['22 600 10 01', '22 600 10 02']]), ['phone:2', null])
  t.same(guess(['Nome próprio', 'Segundo nome', 'Apelido', 'Nome da organização', 'Telefone 1 – Marcador', 'Telefone 1 – Valor', 'E-mail 1 – Valor', 'Endereço 1 – Formatado', 'Endereço 1 – Cidade'], [['Ana', '', 'Reis', '', 'Casa', '213000111', '', 'Rua da Sé, 3', 'Lisboa']]),
    ['first_name', 'first_name', 'surname', 'company_name', 'phone.type', 'phone', 'email', 'address', null], 'Google in Portuguese')
  t.same(guess(['Telefon 1 – etykieta', 'Telefon 1 – wartość', 'Nazwa organizacji', 'Adres 1 – sformatowany', 'Adres 1 – ulica'], [['Praca', '226001001', '', 'Długa 1, Łódź', 'Długa 1']]), ['phone.type', 'phone', 'company_name', 'address', null], 'and in Polish')
  for (const name of ['Telefon 1 – wartość', 'E-mail 1 – Valor', 'Teléfono 1 - Valor', 'Telefone 1 – Valor', 'Phone 1 - Value']) t.equal(layoutOf([name]), 'google', name)
  t.same(guess(['Phone', 'Phone', 'Location', 'Branch'], [['600100200', '', '', 'Łódź']]), ['phone', 'phone', null, 'location'])
  t.same(guess(null, [['Anna Nowak', '600 100 200', 'anna@example.org', '1980-05-01', 'AB-1001'], ['Jan Kos', '600 100 201', '', '1981-05-01', 'AB-1002']]), ['name', 'phone', 'email', 'own.born', 'own.card'])
  t.end()
})

t.test('what a person chose before goes before all of it, while it is there to be chosen', t => {
  const rows = [['Anna', '600100200', 'x']]
  t.same(guess(['Name', 'Phone', 'Wóz'], rows, { name: 'company_name', phone: null, woz: 'note' }), ['company_name', null, 'note'])
  t.same(guess(['Name', 'Phone'], rows, { phone: 'own.gone' }), ['name', 'phone'])
  t.end()
})

t.test('the samples', async t => {
  const columns = async (name: string) => {
    const path = inRoot('test', 'imports', 'files', name)
    return recognise(await inspect(path, name), targets)
  }
  t.same(await columns('contacts-export.xlsx'), [null, 'first_name', 'surname', 'company_name', 'phone', 'email', 'address', 'is_company', 'is_supplier', 'note', 'tag', 'campaign'])
  t.same(await columns('klienci.csv'), ['name', 'phone', 'email', 'address', 'note'])
  t.same(await columns('messy.csv'), ['name', 'phone', 'email', 'company_name', 'tag'])
  t.same((await columns('contacts.vcf')).slice(0, 9), ['first_name', 'surname', 'name', 'company_name', 'is_company', 'phone:1', 'phone:2', 'phone:3', 'phone'])
  t.same((await columns('google-contacts.csv')).filter(target => target !== null), ['first_name', 'first_name', 'surname', 'company_name', 'own.born', 'note', 'tag', 'email', 'email', 'phone.type', 'phone', 'phone.type', 'phone', 'address'])
})

t.test('several values in a cell come back as they were joined', t => {
  for (const values of [['a'], ['a', 'b'], ['a, b', 'c'], ['x;y', 'z|w'], ['one, alone']]) t.same(splitValues(joinValues(values)), values)
  t.same(splitValues('VIP; regular | net 30,'), ['VIP', 'regular', 'net 30'])
  t.end()
})

t.test('what says in words that there is nothing, in four languages', t => {
  for (const cell of ['-', '—', '- -', '...', '?', 'n/a', 'N/D', 'NULL', '(none)', 'brak', 'BRAK!', 'brak telefonu', 'brak e-maila', 'nie ma', 'Nie dotyczy', 'sin correo', 'sin teléfono', 'No tiene', 'não tem', 'Nenhum', 'sem e-mail', 'no phone', 'without email']) t.ok(saysNothing(cell), cell)
  for (const cell of ['', 'Anna', 'brak@poczta.example', 'Brakowski', 'no. 5', 'sin', '0', 'x', '+', 'jutro', 'brak czasu', 'none of your business', '#']) t.notOk(saysNothing(cell), cell)
  for (const cell of ['-', 'n/a', 'none', 'brak', 'não tem', 'ninguno', 'no', 'NULL']) t.ok(saysNoTag(cell) && saysNoCompany(cell), `not even a tag or a company: ${cell}`)
  for (const cell of ['Unknown', 'Nada', 'nieznany', 'Desconocido', 'Empty', 'NIL', 'Missing']) t.notOk(saysNoTag(cell), cell)
  t.same(['Nada', 'Nil', 'Unknown', 'vacío'].map(saysNoCompany), [false, false, true, true])
  t.same(['no', 'NO', 'n/a', 'brak'].map(saysNoLanguage), [false, false, true, true], 'Norwegian')
  t.equal(looksOf(['brak', 'n/a', 'a@example.org', '-']), 'email')
  t.equal(looksOf(['brak', 'n/a']), null)
  t.end()
})

t.test('numbers that a word joins are as many as there are, and what is said after one stays its own', t => {
  for (const word of ['i', 'oraz', 'lub', 'Y', 'e', 'ou', 'o', 'y/o', 'and', 'or', '&']) t.same(splitNumbers(`600 100 205 ${word} +48 600-100-206`), ['600 100 205', '+48 600-100-206'], word)
  t.same(splitNumbers('600 100 205, 600100206 i 600100207 / 600 100 208'), ['600 100 205', '600100206', '600100207', '600 100 208'])
  for (const one of ['22 600 10 02 wew. 12 i 13', '600 100 205 ext. 5', '600 100 205 or 206', 'tel. y fax', '600 100 205 Ana y Luis', '123 e 4']) t.same(splitNumbers(one), [one], one)
  t.same(splitNumbers(`${' '.repeat(200_000)}1`).length, 1, 'in time that grows with its length')
  t.equal(looksOf(['600 100 205 i 600 100 206', '600 100 207']), 'phone')
  t.end()
})

t.test('a surname before a comma, titles, and companies that have a comma too', t => {
  const halves = (name: string, how: 'comma' | 'words' = 'comma') => { const { first, surname } = surnameFirst(name, how) ?? {}; return first === undefined ? null : `${first}|${surname}` }
  t.same(['Kowalski, Jan', 'KOWALSKA-NOWAK, ANNA MARIA', "O'Neill,Sean", 'García López, María José', 'de la Cruz, Juan', 'Costa e Silva, Ana'].map(name => halves(name)),
    ['Jan|Kowalski', 'ANNA MARIA|KOWALSKA-NOWAK', "Sean|O'Neill", 'María José|García López', 'Juan|de la Cruz', 'Ana|Costa e Silva'])
  t.same(['Kowalski, dr Jan', 'mgr inż. Kowalski, Jan', 'Pérez, Dra. Ana'].map(name => halves(name)), ['dr Jan|Kowalski', 'mgr inż. Jan|Kowalski', 'Dra. Ana|Pérez'])
  for (const name of ['Nowak, Kowalski i Wspólnicy', 'Smith, Inc.', 'Smith, Jones & Sons', 'Acme, S.L.', 'Alfa, Sp. z o.o.', 'Kowalski, mgr', 'Lopez, Jr.', 'Nowak, ul. Długa 5', 'Bosch, Kos, Nowak', 'Jan Kowalski', 'Kowalski,', ', Jan', 'Pérez, Gómez y Asociados']) t.equal(halves(name), null, name)
  t.same(['Kowalski Jan', 'dr Kowalski Jan', 'Kowalski, Jan', 'Kowalski Jan Adam', 'Kowalski'].map(name => halves(name, 'words')), ['Jan|Kowalski', 'dr Jan|Kowalski', 'Jan|Kowalski', null, null])

  const plain = (name: string) => { const { first, surname } = halvesOf(name); return `${first}|${surname}` }
  t.same(['Jan Kowalski', 'dr Jan Kowalski', 'mgr inż. Jan Kowalski', 'prof. dr hab. n. med. Anna Nowak', 'Sr. García', 'Dra. Ana María Ruiz', 'Don Juan', 'Dr', 'Jan', 'Drzymała Jan', 'Ania Dr'].map(plain),
    ['Jan|Kowalski', 'dr Jan|Kowalski', 'mgr inż. Jan|Kowalski', 'prof. dr hab. n. med. Anna|Nowak', '|Sr. García', 'Dra. Ana|María Ruiz', 'Don Juan|', 'Dr|', 'Jan|', 'Drzymała|Jan', 'Ania|Dr'])

  t.equal(howSurnameFirst('Klient', ['Kowalski, Jan', 'Nowak, Anna', 'Auto Serwis', ''], 'PL'), 'comma')
  t.equal(howSurnameFirst('Klient', ['Jan Kowalski', 'Nowak, Anna', 'Auto Serwis'], 'PL'), null, 'few of them may be anything')
  t.equal(howSurnameFirst('Klient', ['Jan Nowak, Kraków', 'Anna Kos, Łódź'], 'PL'), null, 'a town')
  t.equal(howSurnameFirst('Cliente', ['García López, María', 'Ruiz Gil, Paz'], 'ES'), 'comma')
  t.equal(howSurnameFirst('Nazwisko i imię', ['Kowalski Jan'], 'PL'), 'words')
  t.equal(howSurnameFirst('Apellidos y nombre', ['García López María'], 'ES'), 'comma')
  t.end()
})

t.test('lines about the sheet itself, and examples', t => {
  const lines = ['Sporządził: Anna Nowak 12.03.2026', 'Razem: 120 klientów', 'Razem 120 klientów', 'Strona 1 z 3', 'Str. 2', 'Printed on 12/03/2026', 'Elaborado por: Ana', 'Página 2 de 3', 'Total de clientes: 3', '120 clients', 'Gerado em 12/03/2026 10:30', 'Wydruk z dnia 2026-03-12', 'Liczba klientów: 5']
  for (const line of lines) t.ok(isRemark(['', line, '']), line)
  for (const line of ['', 'Sporządził', 'Strona', 'Total 3', 'Total', 'Pagina Kowalska', 'Data Nowak', 'Razem Młodzi', 'Printed', 'Fecha', 'Date Jan', '120', 'generated@example.org']) t.notOk(isRemark([line, '']), line)
  t.notOk(isRemark(['Strona 1 z 3', '600 195 193']), 'whoever has more than a name is somebody')
  for (const name of ['Np. Jan Kowalski', 'np. Jan', 'Przykład: Jan', 'Example: Jan Kowalski', 'Ejemplo: Ana', 'p. ej. Ana', '(exemplo) Ana']) t.ok(isExample(['', name, '600100200']), name)
  for (const name of ['NP. Auto', 'Example', 'Exemplo Lda', 'Npc Jan', 'Ejemplar S.L.', 'Jan np. Kowalski']) t.notOk(isExample([name, '600100200']), name)
  t.end()
})
