/** What a column's name says it is. */
export interface Named {
  /** A target's name; of a phone with a built-in type "phone:mobile", "phone:work" or "phone:home". */
  target: string
  /** It may as well be something else: "Name" is a first name where there is a surname beside it, "Company" may be answered by "yes". */
  weak?: boolean
  /** A part of an address ("City"), and whose: the whole is better where there is one that has it, and parts of two addresses are not mixed. */
  part?: string
  /** A second one, beside which the first is called "Nombre". */
  isSecond?: true
  /** "Código", "Kod": a postal one, or the client's in some program. */
  isCode?: true
}

/** A name as it is compared: without accents, case and punctuation. */
export const folded = (name: string): string => name.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ł', 'l').replaceAll('Ł', 'l').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()

/** How a column has its names: with the surname before a comma, or before the first name without one ("Kowalski Jan"). */
export type SurnameFirst = 'comma' | 'words'

/** Names of columns, folded, that say so. In Poland people have one surname, so that "Kowalski Jan" is as plain as with a comma. */
export const SURNAME_FIRST = new Map<string, SurnameFirst>([
  ...['nazwisko i imie', 'nazwisko imie'].map(name => [name, 'words'] as const),
  ...['last name first name', 'surname first name', 'surname name', 'apellidos y nombre', 'apellidos nombre', 'apellido y nombre', 'apelido e nome', 'sobrenome e nome', 'sobrenome nome'].map(name => [name, 'comma'] as const)
])

const NAMES: Record<string, string> = {
  first_name: 'first name|firstname|given name|forename|imie|nombre de pila|primer nombre|nome proprio|primeiro nome',
  'first_name+': 'middle name|additional name|drugie imie|segundo nombre|nome do meio|segundo nome',
  surname: 'last name|lastname|surname|family name|nazwisko|apellido|apellidos|primer apellido|segundo apellido|sobrenome|apelido|apelidos|ultimo nome',
  name: `full name|client|client name|customer|customer name|patient|patient name|contact|contact name|display name|imie i nazwisko|imie nazwisko|imie i nazwisko klienta|imie i nazwisko pacjenta|nazwa klienta|klient|pacjent|kontrahent|nazwa kontrahenta|kontakt|nombre completo|nombre y apellidos|nombre y apellido|nombre apellidos|cliente|paciente|nombre del cliente|nombre del paciente|nome do paciente|contacto|contato|nome completo|nome do cliente|nome e apelido|nome e sobrenome|${[...SURNAME_FIRST.keys()].join('|')}`,
  'name?': 'name|nombre|nome|nazwa',
  company_name: 'company name|business name|organization name|organisation name|organization 1 name|account name|nazwa organizacji|nombre de la organizacion|nombre de organizacion|nome da organizacao|nazwa firmy|nazwa przedsiebiorstwa|nombre de la empresa|nombre empresa|nombre de empresa|razon social|nome da empresa|nome empresa|razao social|firma nazwa',
  'company_name?': 'company|organization|organisation|firma|empresa|organizacja|organizacion|organizacao|compania|companhia|przedsiebiorstwo|business',
  is_company: 'is a company|is company|company yes no|is organization|is organisation|legal entity|firma tak nie|czy firma|osoba prawna|es empresa|es una empresa|empresa si no|persona juridica|e empresa|e uma empresa|empresa sim nao|pessoa juridica',
  'kind?': 'kind|type|client type|customer type|contact type|person or company|typ|rodzaj|typ klienta|rodzaj klienta|osoba czy firma|tipo|tipo de cliente|persona o empresa|pessoa ou empresa',
  'phone.type': 'phone type|phone label|typ telefonu|rodzaj telefonu|telefon etykieta|tipo de telefono|telefono etiqueta|tipo de telefone|telefone marcador|telefone etiqueta',
  'consent.whatsapp': 'whatsapp consent|zgoda whatsapp|zgoda na whatsapp|acepta whatsapp|aceita whatsapp',
  'consent.sms': 'sms consent|sms opt in|zgoda sms|zgoda na sms|acepta sms|aceita sms',
  'consent.whatsapp?': 'whatsapp|whats app',
  'consent.viber?': 'viber',
  'consent.sms?': 'sms',
  'consent.email': 'newsletter|email consent|e mail consent|email opt in|zgoda e mail|zgoda na e mail|zgoda email|agrees to receive e mail|acepta correos|boletin',
  email: 'email|emails|e mail|e mails|mail|email address|e mail address|adres e mail|adres email|adres mailowy|mejl|poczta|poczta elektroniczna|correo|correos|correo electronico|direccion de correo|direccion de correo electronico|direccion email|correio|correio eletronico|correio electronico|endereco de e mail|endereco de email|endereco eletronico',
  address: 'address|addresses|full address|adres|adresy|adres zamieszkania|adres pelny|direccion|direcciones|direccion completa|domicilio|endereco|enderecos|endereco completo|morada|home address|business address|work address|mailing address|address formatted|adres sformatowany|direccion con formato|direccion formateada|endereco formatado',
  language: 'language|preferred language|client language|contact language|locale|jezyk|jezyk klienta|preferowany jezyk|jezyk kontaktu|idioma|idioma del cliente|idioma preferido|idioma do cliente|lingua|lingua preferida',
  is_supplier: 'supplier|is supplier|is a supplier|vendor|dostawca|proveedor|es proveedor|fornecedor|e fornecedor',
  is_conflicted: 'conflicted|conflict|conflict client|problem client|konfliktowy|klient konfliktowy|conflictivo|cliente conflictivo|conflituoso|cliente conflituoso',
  campaign: 'campaign|ad campaign|advertising campaign|marketing campaign|source|lead source|client source|customer source|referral source|marketing source|how did you hear about us|kampania|kampania reklamowa|zrodlo|zrodlo klienta|skad o nas wie|skad o nas wiesz|campana|campana publicitaria|fuente|origen|origen del cliente|como nos conocio|campanha|campanha publicitaria|origem|fonte|origem do cliente|como nos conheceu',
  location: 'location|branch|store|shop|lokalizacja|oddzial|placowka|sucursal|tienda|ubicacion|localizacao|filial|loja|unidade',
  discount_services: 'discount services|discount on services|discount for services|services discount|service discount|rabat na uslugi|znizka na uslugi|descuento en servicios|descuento servicios|desconto em servicos|desconto nos servicos|desconto servicos',
  discount_products: 'discount products|discount on products|discount for products|products discount|product discount|discount on goods|discount for goods|discount on parts|rabat na produkty|rabat na towary|znizka na produkty|znizka na towary|descuento en productos|descuento productos|desconto em produtos|desconto nos produtos|desconto produtos',
  tag: 'tags|tag|label|labels|group|groups|group membership|category|categories|tagi|etykieta|etykiety|grupa|grupy|kategoria|kategorie|etiqueta|etiquetas|grupo|grupos|categoria|categorias|marcador|marcadores',
  note: 'note|notes|comment|comments|remark|remarks|description|uwaga|uwagi|notatka|notatki|komentarz|komentarze|opis|nota|notas|observacion|observaciones|comentario|comentarios|observacao|observacoes|anotacoes|obs'
}

const known = new Map<string, Named>(Object.entries(NAMES).flatMap(([key, names]) => {
  const [, target = key, sign] = /^(.*?)([?+]?)$/.exec(key) ?? []
  return names.split('|').map(name => [name, { target, ...(sign === '?' && { weak: true }), ...(sign === '+' && { isSecond: true as const }) }] as const)
}))

const words = (list: string) => new Set(list.split(' '))

const PHONE = words('phone phones telephone telephones tel telef telf tfno tlf tlfn telefon telefony telefonu telefono telefonos telefone telefones phonenumber')
const MOBILE = words('mobile cell cellphone cellular komorka komorkowy komorkowe kom movil moviles celular telemovel telemoveis')
const WORK = words('work business office company sluzbowy sluzbowe praca pracy firmowy trabajo oficina empresa trabalho comercial emprego')
const HOME = words('home landline house domowy domowe dom stacjonarny stacjonarne fijo casa particular fixo residencial')
const MAILING = words('mailing billing')
const OTHER = words('other inny inne otro otros outro outros')
const BESIDE = words('number numbers no nr num numer numery numero numeros n de do da del la el para main primary value wartosc valor glowny podstawowy principal phone telefone telefono telefon tel contact kontaktowy contacto contato')
const NOT_FOR_CALLS = words('fax faks pager callback telex radio tty isdn car assistant asst asystent asystenta asistente assistente')

const PARTS = words('street ulica calle rua city town miasto miejscowosc ciudad localidad poblacion cidade localidade state province region county wojewodztwo provincia estado distrito postal zip postcode pocztowy cep bairro complemento uf concelho domu mieszkania lokalu cp pocztowa country kraj pais')
// A part too, beside another; alone it may be the client's in a program.
const CODE = words('kod codigo cod code')
const ADDRESS = words('address addres adres adresu direccion domicilio endereco morada')

// What companies often keep in fields of their own.
const MEANINGS = [
  'birthday|birth date|birthdate|date of birth|dob|urodziny|data urodzenia|data ur|ur|fecha de nacimiento|fecha nacimiento|fecha nac|f nacimiento|f nac|nacimiento|cumpleanos|data de nascimento|nascimento|aniversario|data nascimento|data nasc|data de nasc|nasc',
  'website|web site|web|web page|url|www|homepage|strona|strona www|strona internetowa|pagina web|sitio web|site|pagina|sitio',
  'tax id|tax number|tax no|vat|vat id|vat number|vat no|nip|numer nip|nif|cif|nif cif|nif o cif|cnpj|cpf|cpf cnpj|contribuinte|numero de contribuinte',
  'job title|position|title|stanowisko|cargo|puesto|organization title|funcao',
  'nickname|nick|pseudonim|ksywka|apodo|alcunha',
  'gender|sex|plec|sexo|genero',
  'language|jezyk|idioma|lingua'
].map(names => new Set(names.split('|')))

/** Whether two names mean one thing that companies often have a field for. */
export const meansTheSame = (one: string, other: string): boolean => MEANINGS.some(names => names.has(folded(one)) && names.has(folded(other)))

// How to fill a column in: "Data urodzenia (dd.mm.rrrr)", "E-mail (opcjonalnie)".
const HINT = / ?\((?:[dmyraj]{1,4}(?:[ ./-][dmyraj]{1,4}){2}|required|optional|wymagan[eya]|opcjonaln[iey]e?|obligatori[oa]|obligatóri[oa]|opcional|si se sabe|se houver)\)$/i

/** A column's name without what is said there of how to fill it in. */
export const withoutHint = (header: string): string => header.replace(HINT, '') || header

/** What a column's name says it is in one of four languages or as a known product calls it; undefined when it says nothing. */
export function namedBy (header: string): Named | undefined {
  const name = folded(header)
  return known.get(name) ?? numbered(name) ?? phone(name) ?? addressPart(name)
}

// "E-mail 2 - Value", "Phone 1 - Label", "E-mail 2 Address", "Tel. 2", "Address 1 - Formatted".
function numbered (name: string): Named | undefined {
  const plain = name.replace(/\b\d{1,2}\b/g, '').replace(/\b(?:value|wartosc|valor)\b/, '').replace(/ +/g, ' ').trim()
  return plain !== name && plain !== '' ? known.get(plain) : undefined
}

function phone (name: string): Named | undefined {
  const parts = name.split(' ').filter(part => !/^\d{1,2}$/.test(part))
  if (parts.length === 0 || parts.some(part => NOT_FOR_CALLS.has(part))) return undefined
  const types = [['mobile', MOBILE], ['work', WORK], ['home', HOME], ['', OTHER]] as const
  const type = types.find(([, words]) => parts.some(part => words.has(part)))
  const isPhone = parts.some(part => PHONE.has(part))
  const rest = parts.filter(part => !PHONE.has(part) && !BESIDE.has(part) && !type?.[1].has(part))
  if (rest.length > 0 || !(isPhone || (type?.[0] === 'mobile' && parts.length === 1))) return undefined
  return { target: type?.[0] ? `phone:${type[0]}` : 'phone' }
}

/** Whether a name says that numbers in it are for no calls with the client: a fax, an assistant's. */
export const isNotForCalls = (name: string): boolean => folded(name).split(' ').some(part => NOT_FOR_CALLS.has(part))

function addressPart (name: string): Named | undefined {
  const parts = name.split(' ')
  const whose = [['home', HOME], ['work', WORK], ['mailing', MAILING], ['other', OTHER]] as const
  const whoseIs = whose.find(([, words]) => parts.some(part => words.has(part)))
  const number = parts.find(part => /^\d{1,2}$/.test(part)) ?? ''
  const isPart = parts.some(part => PARTS.has(part))
  const isCode = !isPart && parts.some(part => CODE.has(part))
  const rest = parts.filter(part => !PARTS.has(part) && !CODE.has(part) && !ADDRESS.has(part) && !BESIDE.has(part) && !whoseIs?.[1].has(part) && part !== number)
  return (isPart || isCode) && rest.length === 0 ? { target: 'address', part: `${whoseIs?.[0] ?? ''}${number}`, ...(isCode && { isCode }) } : undefined
}
