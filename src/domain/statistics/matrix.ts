/** A square matrix by rows. Covariances are annual (365 days) and in the order of the assets they are given with. */
export type Matrix = readonly (readonly number[])[]
