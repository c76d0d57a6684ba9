import {z} from 'zod';

/** A page for visitors while neither side serves them. It is removed before names lead to the new side. */
export const maintenance = z.object({
  maintenancePages: z
    .array(
      z.object({
        /** A target of the kind `load-balancer`. */
        balancer: z.string().default('balancer'),
        port: z.coerce.number().int().positive().default(443),
        hosts: z.array(z.string()).min(1),
        /** At most 1,024 bytes. */
        body: z.string(),
        status: z.string().optional(),
      }),
    )
    .default([]),
});
type Maintenance = z.output<typeof maintenance>;
type Page = Maintenance['maintenancePages'][number];

/** A group with an entry for each page: by its load balancer and, where that has several, its port. */
export const pagesOf = (title: string) => ({
  title,
  of: ({maintenancePages}: Maintenance) =>
    maintenancePages.map((page) => {
      const {balancer, port} = page;
      const ofBalancer = maintenancePages.filter((other) => other.balancer === balancer);
      return {...page, name: ofBalancer.length === 1 ? balancer : `${balancer}-${port}`};
    }),
  name: ({name}: {readonly name: string}) => name,
});

const pageOf = ({balancer, status, port, hosts, body}: Page) => ({
  on: {balancer},
  input: () => ({port, hosts, body, ...(status === undefined ? {} : {status})}),
});

export const showPage = (page: Page) => ({...pageOf(page), requires: ['go'] as const});

export const removePage = (page: Page) => ({...pageOf(page), requires: ['deploy'] as const});
