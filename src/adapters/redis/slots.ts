/** Redis Cluster divides all keys into so many slots. */
export const SLOTS = 16_384

/**
 * The slot of a key: CRC16 (XMODEM) of what stands between the first brace and the next closing one, of the whole key where
 * nothing does, modulo SLOTS. Source: redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec, "Key distribution model".
 */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open === -1 ? -1 : key.indexOf('}', open + 1)
  const bytes = Buffer.from(close > open + 1 ? key.slice(open + 1, close) : key)
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC[(crc >> 8) ^ byte]!
  return crc % SLOTS
}

const CRC = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc & 0xffff
})
