/** A path of GARCH(1,1) that depends on the seed alone: a linear congruential generator and Box–Muller. */
export function garchPath(seed: number, count: number, alpha: number, beta: number): number[] {
  let state = seed
  const uniform = () => {
    state = (1_664_525 * state + 1_013_904_223) % 2 ** 32
    return (state + 0.5) / 2 ** 32
  }
  let variance = 4e-4
  return Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    const value = Math.sqrt(variance) * radius * Math.cos(2 * Math.PI * uniform())
    variance = 4e-4 * (1 - alpha - beta) + alpha * value ** 2 + beta * variance
    return value
  })
}
