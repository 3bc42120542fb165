import type { Chance } from './chance.js'

/** Where clients of a country live. */
export interface Place {
  cities: [name: string, postcode: string, weight: number][]
  streets: string[]
  mailHosts: string[]
  /** `inside` is a flat's number and floor. */
  address (street: string, number: number, inside: number, postcode: string, city: string): string
}

/** By ISO country; every mail host is under .example, which leads nowhere (RFC 2606). */
export const PLACES: Record<string, Place> = {
  PL: {
    cities: [['Wrocław', '5#-###', 80], ['Oława', '55-2##', 6], ['Oleśnica', '56-4##', 5], ['Trzebnica', '55-1##', 4], ['Siechnice', '55-011', 5]],
    streets: ['Kwiatowa', 'Ogrodowa', 'Lipowa', 'Krótka', 'Polna', 'Słoneczna', 'Szkolna', 'Leśna', 'Klonowa', 'Brzozowa', 'Łąkowa', 'Różana', 'Dworcowa', 'Młyńska', 'Parkowa', 'Wiśniowa', 'Długa', 'Zielona', 'Świętojańska', 'Źródlana'],
    mailHosts: ['poczta.example', 'skrzynka.example', 'mail.example'],
    address: (street, number, inside, postcode, city) => `ul. ${street} ${number}${inside ? `/${inside}` : ''}, ${postcode} ${city}`
  },
  ES: {
    cities: [['Sevilla', '410##', 75], ['Dos Hermanas', '417##', 10], ['Alcalá de Guadaíra', '415##', 8], ['Mairena del Aljarafe', '419##', 7]],
    streets: ['Real', 'Nueva', 'Ancha', 'de la Fuente', 'del Olivo', 'Jardines', 'San José', 'Mayor', 'del Río', 'Naranjos', 'Sol', 'Molino', 'Estación', 'Palmeras', 'Azahar', 'del Pozo', 'Alameda', 'Cruz', 'Huertas', 'Señora del Carmen'],
    mailHosts: ['correo.example', 'buzon.example', 'mail.example'],
    address: (street, number, inside, postcode, city) => `C/ ${street}, ${number}${inside ? `, ${Math.ceil(inside / 4)}.º ${'ABCD'[inside % 4]}` : ''}, ${postcode} ${city}`
  },
  PT: {
    cities: [['Lisboa', '1#00-###', 70], ['Amadora', '2700-###', 12], ['Almada', '2800-###', 10], ['Oeiras', '2780-###', 8]],
    streets: ['das Flores', 'do Sol', 'da Escola', 'da Fonte', 'Nova', 'do Comércio', 'da Igreja', 'das Oliveiras', 'do Moinho', 'da Estação', 'dos Pescadores', 'da Alegria', 'de São João', 'do Jardim', 'da Praia', 'Direita', 'do Poço', 'dos Lírios', 'da Paz', 'do Norte'],
    mailHosts: ['correio.example', 'caixa.example', 'mail.example'],
    address: (street, number, inside, postcode, city) => `Rua ${street}, ${number}${inside ? `, ${Math.ceil(inside / 3)}.º ${['Dto.', 'Esq.', 'Fte.'][inside % 3]}` : ''}, ${postcode} ${city}`
  },
  BR: {
    cities: [['São Paulo – SP', '0####-###', 80], ['Osasco – SP', '06###-###', 10], ['Guarulhos – SP', '07###-###', 10]],
    streets: ['das Flores', 'das Acácias', 'do Comércio', 'da Consolação', 'Sete de Setembro', 'Quinze de Novembro', 'São José', 'das Palmeiras', 'Santa Rita', 'Boa Vista', 'dos Ipês', 'Bela Vista', 'Paraná', 'Minas Gerais', 'da Paz', 'Primavera'],
    mailHosts: ['correio.example', 'caixa.example', 'mail.example'],
    address: (street, number, inside, postcode, city) => `Rua ${street}, ${number}${inside ? `, apto. ${inside}` : ''}, ${city}, ${postcode}`
  }
}

const ABROAD: Place = {
  cities: [['', '', 1]],
  streets: ['High Street', 'Station Road', 'Park Road', 'Church Lane', 'Mill Lane', 'Green Lane', 'Victoria Road', 'Garden Street', 'North Street', 'School Lane', 'River Walk', 'The Crescent'],
  mailHosts: ['mail.example', 'post.example'],
  address: (street, number, inside) => `${inside ? `Flat ${inside}, ` : ''}${number} ${street}`
}

// Of a country we don't know the streets alone, in its language.
const streetsOnly = (place: Place, street: string): Place =>
  ({ ...place, cities: [['', '', 1]], address: (name, number) => `${street} ${name}, ${number}` })

/** The place for a country, or what its language allows to say. */
export function placeOf (country: string, language: string): Place {
  const known = PLACES[country]
  if (known) return known
  if (language === 'es') return streetsOnly(PLACES.ES!, 'Calle')
  if (language === 'pt') return streetsOnly(PLACES.PT!, 'Rua')
  if (language === 'pl') return streetsOnly(PLACES.PL!, 'ul.')
  return ABROAD
}

export function makeAddress (place: Place, chance: Chance): string {
  const [city, postcode] = chance.weigh(place.cities.map(entry => [entry, entry[2]] as const))
  return place.address(chance.pick(place.streets), chance.int(1, 148), chance.is(0.6) ? chance.int(1, 24) : 0, chance.digits(postcode), city)
}

/** "Łukasz Gómez" as it stands in an e-mail address: "lukasz.gomez". */
export const plainWord = (text: string, joint = '.') =>
  withoutAccents(text.toLowerCase()).replace(/[^a-z0-9]+/g, joint).replace(/^\W+|\W+$/g, '')

/** Łukasz Gómez as somebody in a hurry writes it: Lukasz Gomez. */
export const withoutAccents = (text: string) => text.replace(/ł/g, 'l').replace(/Ł/g, 'L').normalize('NFD').replace(/\p{M}/gu, '')
