// Runs the contracts of platform/kube over the API server at hand.
import { eventsContract } from './events.ts';
import { kubeContract } from './kube.ts';
import { kubeFaultsContract } from './kube-faults.ts';
import { leaseContract } from './lease.ts';
import { reflectorContract } from './reflector.ts';

kubeContract();
kubeFaultsContract();
reflectorContract();
leaseContract();
eventsContract();
