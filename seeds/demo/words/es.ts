import type { Words } from '../words.js'

export const es: Words = {
  notes: [
    'Prefiere un mensaje a una llamada.', 'Llamar solo después de las {hour}, trabaja por turnos.', 'Paga con tarjeta, factura por correo.', 'Pregunta el precio antes de cada reparación.',
    'Entrada por el patio, el timbre no funciona.', 'Dos perros: llamar antes de entrar.', 'Oye mal, mejor escribir.', 'Recoge el {day} después de las {hour}.',
    'Se lleva las piezas viejas.', 'Le valen piezas usadas si salen más baratas.', 'Tiene prestado un aparato nuestro.', 'Volvió después de dos años, contento con la última reparación.',
    'Recoge su hijo.', 'Los datos no se tocan, pase lo que pase.', 'Acordada una factura mensual.', 'Lo necesita para trabajar: no dejarlo para el lunes.',
    'Tercer piso sin ascensor.', 'Mejor por WhatsApp.', 'Trae varios aparatos a la vez.', 'Pide siempre el tique con NIF.'
  ],
  comments: [
    '{item}: diagnóstico listo, presupuesto {price}.', 'He llamado, no contesta. Lo intento el {day}.', 'Acepta el precio de {price}.', '{item}: pieza pedida, llega el {day}.',
    'Listo para recoger, mensaje enviado.', 'Recogido y pagado, {price}.', 'Pregunta si puede estar para el {day}.', '{item}: no compensa repararlo, el cliente lo sabe.',
    'Ha dejado también el cargador.', 'Se lo piensa hasta el {day}.', '{item}: reparación en garantía, sin cargo.', 'Sin señal, acordado con la encargada.',
    'Viene el {day} a las {hour}.', 'Se quejó de la espera; disculpas y una funda de regalo.', 'Nos ha recomendado a una vecina.', '{item}: segunda vez la misma avería, revisar la placa.',
    'Deja una señal de {price}.', 'Pide copia del tique anterior, enviada.', 'Teléfono apagado todo el día.', 'El número de la ficha está mal, pedido el correcto.', 'El mensajero recoge el {day} a las {hour}.', 'Muy contento, promete una reseña.'
  ],
  supplierNotes: ['Reparte el {day}, pedidos antes de las {hour}.', 'Factura a 14 días.', 'Pedido mínimo {price}.', 'Devoluciones en 30 días, solo con caja.', 'Pedir la tarifa de mayorista.'],
  conflicts: [
    'Se negó a pagar una reparación terminada.', 'Grita al personal en el mostrador.', 'Amenaza con una mala reseña para tener descuento.', 'Reclama daños que ya estaban al entregar el aparato.',
    'No recogió en medio año y luego pidió dinero.', 'Anuló el pago con tarjeta después de recoger.', 'Trajo un aparato denunciado como robado.'
  ],
  items: ['Portátil', 'Móvil', 'Tableta', 'Lavadora', 'Cafetera', 'Aspiradora', 'Impresora', 'Televisor', 'Taladro', 'Patinete eléctrico', 'Auriculares', 'Lavavajillas'],
  days: ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'],
  tags: [['VIP', 'amber'], ['Habitual', 'green'], ['Empresa', 'blue'], ['Paga tarde', 'red'], ['Garantía', 'teal'], ['Factura', 'plain'], ['Estudiante', 'plain'], ['Del barrio', 'green']],
  campaigns: ['Google', 'Facebook', 'Recomendación', 'Folletos'],
  locations: ['Centro', 'Estación']
}
