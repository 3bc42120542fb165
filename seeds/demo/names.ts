import type { Faker } from '@faker-js/faker'
import type { Chance } from './chance.js'

/** Whose names: the locale of @faker-js/faker that has them. */
export type Flavour = 'pl' | 'es' | 'pt_PT' | 'pt_BR' | 'en'

/** The names of one country. */
export interface Names extends Pools {
  person (chance: Chance): { firstName: string, surname: string }
  company (chance: Chance): string
  supplier (chance: Chance): string
}

/** What its names are picked from; in companies and suppliers * stands for a surname. */
export interface Pools { women: string[], men: string[], womensSurnames: string[], surnames: string[], companies: string[], suppliers: string[], cities: string[] }

// Only when they are needed: the program itself starts without them.
const LOCALES: Record<Flavour, () => Promise<{ faker: Faker }>> = {
  pl: () => import('@faker-js/faker/locale/pl'),
  es: () => import('@faker-js/faker/locale/es'),
  pt_PT: () => import('@faker-js/faker/locale/pt_PT'),
  pt_BR: () => import('@faker-js/faker/locale/pt_BR'),
  en: () => import('@faker-js/faker/locale/en')
}

// * stands for a surname.
const COMPANIES: Record<Flavour, { companies: string[], suppliers: string[] }> = {
  pl: {
    companies: ['* Sp. z o.o.', 'Biuro Rachunkowe *', 'Kancelaria *', 'Piekarnia *', 'Auto-Serwis *', '* i Synowie', 'Hotel *', 'Przychodnia *', 'Salon Fryzjerski *', '* Transport Sp. z o.o.'],
    suppliers: ['Hurtownia * Sp. z o.o.', 'Części Zamienne *', '* Elektronika S.A.', 'Podzespoły * i Wspólnicy']
  },
  es: {
    companies: ['* S.L.', 'Asesoría *', 'Talleres *', 'Panadería *', 'Hotel *', 'Clínica *', 'Hermanos * S.L.', 'Transportes * S.A.', 'Peluquería *', 'Bar *'],
    suppliers: ['Recambios * S.L.', 'Distribuciones * S.A.', 'Suministros *', 'Electrónica *']
  },
  pt_PT: {
    companies: ['*, Lda.', 'Contabilidade *', 'Padaria *', 'Oficina *', 'Hotel *', 'Clínica *', '* & Filhos, Lda.', 'Transportes *, S.A.', 'Pastelaria *', 'Cabeleireiro *'],
    suppliers: ['Distribuidora *, Lda.', 'Peças *', 'Armazéns *, S.A.', 'Eletrónica *']
  },
  pt_BR: {
    companies: ['* Ltda.', 'Contabilidade *', 'Padaria *', 'Oficina *', 'Pousada *', 'Clínica *', '* & Filhos Ltda.', 'Transportadora *', 'Lanchonete *', 'Salão *'],
    suppliers: ['Distribuidora * Ltda.', 'Autopeças *', 'Atacado *', 'Eletrônica * Ltda.']
  },
  en: {
    companies: ['* Ltd', '* & Sons', '* Accounting', '* Bakery', '* Garage', 'Hotel *', '* Dental Practice', '* Transport', '* Salon', 'Café *'],
    suppliers: ['* Wholesale Ltd', '* Spare Parts', '* Electronics', '* Supplies Ltd']
  }
}

/** Reads the names of one country. */
export async function loadNames (flavour: Flavour): Promise<Names> {
  const { faker } = await LOCALES[flavour]()
  const { person, location } = faker.rawDefinitions
  const { first_name: first, last_name: last } = person!
  const surnames = last!.generic ?? last!.male!
  const { companies, suppliers } = COMPANIES[flavour]
  const named = (patterns: string[], chance: Chance) => chance.pick(patterns).replace('*', () => chance.pick(surnames))

  return {
    women: first!.female!,
    men: first!.male!,
    womensSurnames: [...new Set(surnames.map(surname => inForm(surname, flavour, 'female')))],
    surnames,
    companies,
    suppliers,
    // Of Brazil the faker has American towns; it makes Brazilian ones of names.
    cities: flavour === 'pt_BR' ? first!.male!.flatMap(name => location!.city_suffix!.map(suffix => name + suffix)) : location!.city_name!,
    person (chance) {
      const sex = chance.pick(['female', 'male'] as const)
      const surname = inForm(chance.pick(surnames), flavour, sex)
      const second = chance.is(SECOND_SURNAME[flavour]) ? ` ${chance.pick(surnames)}` : ''
      return { firstName: chance.pick(first![sex]!), surname: surname + second }
    },
    company: chance => named(companies, chance),
    supplier: chance => named(suppliers, chance)
  }
}

// How often people of a country go by two surnames.
const SECOND_SURNAME: Record<Flavour, number> = { pl: 0, es: 1, pt_PT: 0.4, pt_BR: 0.5, en: 0 }

// Faker has Polish surnames as men bear them.
function inForm (surname: string, flavour: Flavour, sex: 'female' | 'male'): string {
  return flavour === 'pl' && sex === 'female' ? surname.replace(/([sc]|dz)ki$/, '$1ka') : surname
}
