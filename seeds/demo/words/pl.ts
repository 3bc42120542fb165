import type { Words } from '../words.js'

export const pl: Words = {
  notes: [
    'Woli wiadomość niż telefon.', 'Dzwonić dopiero po {hour}, pracuje na zmiany.', 'Płaci kartą, faktura e-mailem.', 'Przed każdą naprawą pyta o cenę.',
    'Wejście od podwórka, dzwonek nie działa.', 'Dwa psy: zadzwonić przed wejściem.', 'Słabo słyszy, lepiej napisać.', 'Odbiera w {day} po {hour}.',
    'Zabiera stare części.', 'Mogą być części używane, jeśli taniej.', 'Ma od nas urządzenie zastępcze.', 'Wrócił po dwóch latach, z ostatniej naprawy zadowolony.',
    'Odbiera syn.', 'Dane mają zostać nienaruszone.', 'Umówiona faktura zbiorcza na koniec miesiąca.', 'Sprzęt do pracy: nie zostawiać na weekend.',
    'Trzecie piętro bez windy.', 'Najlepiej przez WhatsApp.', 'Przynosi po kilka urządzeń naraz.', 'Prosi o paragon z numerem NIP.'
  ],
  comments: [
    '{item}: diagnoza gotowa, wycena {price}.', 'Dzwoniłem, nie odbiera. Następna próba w {day}.', 'Zgoda na {price}.', '{item}: część zamówiona, będzie w {day}.',
    'Gotowe do odbioru, wiadomość wysłana.', 'Odebrane, zapłacono {price}.', 'Pyta, czy da się zrobić na {day}.', '{item}: naprawa nieopłacalna, klient wie.',
    'Zostawiona też ładowarka.', 'Zastanowi się do {hour}.', '{item}: naprawa gwarancyjna, bez opłaty.', 'Bez zaliczki, uzgodnione z kierownikiem.',
    'Przyjdzie w {day} o {hour}.', 'Skarga na czas oczekiwania; przeprosiliśmy, etui gratis.', 'Polecił nas sąsiadce.', '{item}: drugi raz ta sama usterka, sprawdzić płytę.',
    'Wpłacona zaliczka {price}.', 'Prosi o kopię paragonu z ostatniej wizyty, wysłana.', 'Telefon wyłączony cały dzień.', 'Zły numer na karcie, poproszono o nowy.', 'Kurier odbiera w {day} o {hour}.', 'Bardzo zadowolony, obiecał opinię.'
  ],
  supplierNotes: ['Dostawa w {day}, zamówienia do {hour}.', 'Faktura z terminem 14 dni.', 'Minimalne zamówienie {price}.', 'Zwroty do 30 dni, tylko w opakowaniu.', 'Poprosić o cennik hurtowy.'],
  conflicts: [
    'Odmówił zapłaty za wykonaną naprawę.', 'Krzyczy na pracowników przy ladzie.', 'Grozi złą opinią, żeby dostać rabat.', 'Zgłasza uszkodzenia, które były przy przyjęciu.',
    'Nie odbierał pół roku, potem żądał pieniędzy.', 'Po odbiorze cofnął płatność kartą.', 'Przyniósł sprzęt zgłoszony jako skradziony.'
  ],
  items: ['Laptop', 'Telefon', 'Tablet', 'Pralka', 'Ekspres do kawy', 'Odkurzacz', 'Drukarka', 'Telewizor', 'Wiertarka', 'Hulajnoga elektryczna', 'Słuchawki', 'Zmywarka'],
  days: ['poniedziałek', 'środę', 'czwartek', 'piątek', 'sobotę'],
  tags: [['VIP', 'amber'], ['Stały klient', 'green'], ['Firma', 'blue'], ['Płaci z opóźnieniem', 'red'], ['Gwarancja', 'teal'], ['Faktura', 'plain'], ['Student', 'plain'], ['Sąsiad', 'green']],
  campaigns: ['Google', 'Facebook', 'Polecenie', 'Ulotki'],
  locations: ['Centrum', 'Dworzec']
}
