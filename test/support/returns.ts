/** Ten days of returns of three assets, in percent; what specs expect of them was computed with other programs. */
export const ROWS = [
  [1.2, 0.8, -0.3],
  [-0.7, -1.1, 0.4],
  [0.5, 0.9, 0.1],
  [-1.5, -0.6, -0.8],
  [2.1, 1, 0.6],
  [-0.4, 0.3, 1.1],
  [0.9, -0.2, -0.5],
  [-1.8, -1.4, 0.2],
  [0.3, 0.7, -0.9],
  [1.1, 0.4, 0.7],
].map((row) => row.map((one) => one / 100))
