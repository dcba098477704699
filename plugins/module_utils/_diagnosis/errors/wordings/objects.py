# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How the kubelet, controllers, the scheduler and kubectl word what is wrong with objects."""

from __future__ import annotations

from .table import rows

_QUOTED = r"\W{0,3}[\w./-]{1,253}\W{0,3} ?"

OF_OBJECTS = rows(
    (
        "sandbox",
        "Failed ?Create(?: ?d)? ?Pod ?Sand ?Box",
        "(?:Failed to|Unable to) create (?:pod )?sandbox",
        "(?:Create|Run|Kill|Stop)PodSandbox(?:Error)? for |CreatePodSandboxError|KillPodSandboxError",
        "RunPodSandbox (?:from|for)|StopPodSandbox (?:from|for)|RunPodSandbox.{0,160}failed",
        "failed to (?:set ?up|destroy|teardown) (?:pod )?network for",
        "cni (?:plugin not|config un)initialized|NetworkPluginNotReady|NetworkPlugin cni failed",
        "network plugin is not ready",
        r"plugin type=\W{0,3}[\w.-]{1,64}\W{0,3}(?: name=\W{0,3}[\w.-]{1,64}\W{0,3})? failed \(",
        "no networks found in /etc/cni|failed to find plugin .{1,80} in path",
        r"/flannel/subnet\.env|/calico/nodename|error network: ",
        "error adding (?:pod|container) .{0,120} to CNI network|Error (?:while )?(?:adding|deleting)(?: to cni)? netw"
        "ork",
        r"\bcni\.go:\d",
        "no IP addresses available in range|failed to (?:assign|allocate) an? IP address|failed to request IP address",
        "no runtime for .{1,80} is configured",
    ),
    (
        "image_pull",
        "Failed to pull (?:and unpack )?image|failing to pull image|error pulling image|pulling image .{1,200} failed",
        "ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable",
        "SignatureValidationFailed|ImagePullFailed|PullImage .{0,200}failed",
        "toomanyrequests|pull rate limit|pull QPS exceeded|Back-off pulling image|pull access denied",
        r"manifest (?:unknown|for \S{1,253} not found)|no matching manifest for|no basic auth credentials",
        "container image .{1,200} is not present with pull policy|repository does not exist or may require",
        "failed to (?:resolve reference|copy: httpReadSeeker|do request: Head .{1,300}/manifests)",
    ),
    (
        "volume",
        "unbound immediate PersistentVolumeClaims|volume node affinity conflict",
        r'(?:persistentvolumeclaim|storageclass\S{0,20}) "[\w.-]{1,253}" not found',
    ),
    (
        "unschedulable",
        r"\d/\d{1,6} nodes are available|No nodes are available that match|no nodes available to schedule",
        r"FailedScheduling|NotTriggerScaleUp|didn't trigger scale-?up|OutOf(?:cpu|memory|pods)\b",
        "Unable to schedule pod|didn't have enough resource|PodToleratesNodeTaints|didn't tolerate|untolerated taint",
        r"Insufficient (?:cpu|memory|pods|ephemeral-storage|[\w.-]{1,60}/[\w.-]{1,60})|UnexpectedAdmissionError",
        "didn't match (?:Pod's )?(?:node (?:selector|affinity)|pod topology spread|pod (?:anti-)?affinity)",
        "Predicate (?:NodeAffinity|NodePorts|NodeResourcesFit) failed|didn't have free ports",
    ),
    (
        "missing_reference",
        r"(?:secret|configmap|serviceaccount|issuer)\S{0,32} \x22[\w./-]{1,253}\x22 not found",
        r"(?:priorityclass|runtimeclass)\S{0,32} \x22[\w./-]{1,253}\x22 not found",
        "couldn't find key|error looking up service account|references non-existent (?:secret|config) key",
        r"object \S{1,253} not registered|FailedToRetrieveImagePullSecret|no PriorityClass with name",
        "Referenced .{0,20}Issuer.{0,80} not found|(?:secret|configmap) .{1,120} does not exist",
    ),
    (
        "volume",
        "MountVolume|FailedMount|FailedAttachVolume|AttachVolume|MountDevice failed|FailedMapVolume|VolumeResizeFailed",
        "Multi-Attach error|Volume is already exclusively attached|FailedBinding|ProvisioningFailed",
        "Unable to (?:attach or )?mount volumes|mount volumes for pod|volumes to attach(?: or |/)mount",
        "failed to provision volume|no persistent volumes available",
        "waiting for (?:a volume to be created|first consumer)",
        "(?:NodeStage|NodePublish|ControllerPublish)Volume|registered CSI drivers|mount\\.nfs",
        "didn't find available persistent",
    ),
    (
        "probe_failed",
        r"(?:Readiness|Liveness|Startup) probe (?:failed|errored|warning|for \S{1,400} (?:failed|errored))",
        "failed (?:liveness|readiness|startup) probe",
        "HTTP probe failed with statuscode|Unhealthy  ?.{0,80}probe|Probe failed .{0,20}probeType",
    ),
    (
        "out_of_memory",
        r"OOM-?Kill|Memory cgroup out of memory|Out of memory: Kill|\bOOM killer|System ?OOM\b|oom-kill\b",
        r"\bexit (?:code|status)\W{0,3}137\b|code=137\b|OutOfMemoryError|heap out of memory|Cannot allocate memory",
    ),
    (
        "evicted",
        r"\bEvicted\b|The node was low on resource|The node had condition: \[|TaintManagerEviction",
        r"EvictionThresholdMet",
        "exceeds the total limit of containers|Usage of EmptyDir volume|exceed(?:s|ed) its local ephemeral storage",
        r"ephemeral local storage usage exceeds|Preempted (?:in order to admit|by)|\b(?:Disk|Memory|PID)Pressure\b",
    ),
    ("disruption_budget", "violate the pod's disruption budget|disruption budget .{1,120} (?:needs|prevents|does not)"),
    (
        "no_space",
        r"No space left on device|\bENOSPC\b|disk quota exceeded|\bEDQUOT\b|database space exceeded",
        r"FreeDiskSpaceFailed",
    ),
    (
        "container_start",
        r"executable file not found in \$PATH|exec format error|RunContainerError|CreateContainer(?:Config)?Error\b",
        "failed to (?:create|prepare) .{0,24}container|seccomp profile|unable to start container process",
        "failed to (?:create (?:shim|containerd) task|generate container|start container)",
        "OCI runtime (?:create|exec) failed|runc (?:create|run) failed|ContainerCannotRun|exec user process caused",
        "runAsNonRoot and image|is waiting to start: |FailedPostStartHook|PostStartHookError|failed to prepare subPath",
        "error while loading shared libraries|failed to reserve container name|pod is not running. Current status",
    ),
    (
        "crash",
        "CrashLoopBackOff|Back-off restarting failed|restarting failed container|(?:specified|its) backoff limit",
        r"BackoffLimitExceeded|last state: terminated.{0,40}error",
    ),
    (
        "rollout",
        "ProgressDeadlineExceeded|exceeded its progress deadline|^(?!.{0,2000}\\b(?:dial tcp|connect: )).{0,4000}time"
        "d out waiting for the condition",
        "MinimumReplicasUnavailable|minimum availability|was active longer than specified deadline",
        r"client rate limiter Wait returned an error|resource \S{1,120} not ready\. status|rolled back due to atomic",
    ),
    (
        "quota",
        r"exceeded quota:|(?:maximum|minimum) \S{1,40} usage per|failed quota:",
        r"must specify (?:limits|requests)\.|insufficient quota|Limited to \d{1,6} \w{3,20}",
        r"forbidden: \[?(?:maximum|minimum) ",
    ),
    ("webhook", "failed calling (?:admission )?webhook|failed to call webhook|conversion webhook for .{1,200}failed"),
    (
        "conflict",
        "the object has been modified|another operation \\(install|cannot re-?use a name that is still in use",
        r"Error from server \((?:AlreadyExists|Conflict)\)|\" already exists\b|Operation cannot be fulfilled on",
        'conflicts? with "[^"]{1,64}" using|exists and cannot be imported into the current release|state lock',
    ),
    (
        "admission",
        'admission webhook "[^"]{1,253}" denied|denied the request|violates? PodSecurity',
        "unable to validate against any (?:security context constraint|pod security policy)",
        r"ValidatingAdmissionPolicy '[^']{1,253}'|is invalid: \[?(?:spec|metadata|data|status)|field is immutable",
        "strict decoding error|error validating (?:data|\\x22)|ValidationError\\(|because it is being terminated",
        r"unknown field \S{0,3}(?:spec|metadata)|provided port is already allocated|\(Invalid\)|Unsupported value: ",
    ),
    (
        "forbidden",
        r"User \"[^\"]{1,253}\" cannot [a-z]{3,12} |is forbidden: |\bcannot (?:get|list|watch|create|update|patch|del"
        r"ete|impersonate|use) resource",
        r"Error from server \(Forbidden\)|forbidden: User|attempting to grant RBAC permissions|no RBAC policy matched",
    ),
    (
        "unauthorized",
        r"must be logged in to the server|\(Unauthorized\)|Unable to authenticate the request|invalid bearer token",
        "the server has asked for the client to provide credentials|getting credentials: exec|exec plugin: ",
        r"(?:retriev|list|watch|gett)ing .{1,160}: Unauthorized|Failed to (?:list|watch|get) .{1,160}: Unauthorized",
        r"token has expired.{0,40}(?:log ?in|server)|^ ?(?:error: )?(?:unable to upgrade connection: )?Unauthorized ?$",
    ),
    (
        "not_found",
        r"\b[A-Za-z]{3,40}(?:\.[a-z0-9-]{1,40}){2,6} \"[\w.-]{1,253}\" not found",
        r"Error from server \(NotFound\)|the server doesn't have a resource type|no matches for kind",
        "could not find the requested resource|ensure CRDs are installed|release: not found",
        r'\b(?:pods|services|endpoints|namespaces|nodes)\S{0,32} "[\w.-]{1,253}" not found',
        r'\b(?:secrets|configmaps|ingresses|deployments|jobs)\S{0,32} "[\w.-]{1,253}" not found',
        'unable to upgrade connection: container not found|service "[\\w.-]{1,253}" not found',
    ),
    (
        "api_server",
        r"server cannot complete the requested operation|apiserver is shutting down|(?<!\| )etcdserver: |Error from s"
        r"erver \((?:Timeout|ServiceUnavailable|InternalError|TooManyRequests)\)",
        "unable to handle the request|Internal error occurred: |http2: client connection lost",
        "leader ?election lost|failed to renew lease|apiserver not ready|apply request took too long",
        "couldn't get resource list for|an error on the server \\(|unable to decode an event from the watch stream",
    ),
    (
        "load_balancer",
        "SyncLoadBalancerFailed|Error syncing load balancer|failed to ensure load balancer|CreatingLoadBalancerFailed",
        "FailedBuildModel|FailedDeployModel|AllocationFailed|Failed to allocate IP for|UnAvailableLoadBalancer",
        "could not find any suitable subnets|no available IPs in pools?",
    ),
    (
        "metrics",
        "FailedGet(?:Resource|External|Pods|Object)Metrics?|FailedComputeMetricsReplicas",
        "unable to (?:get|fetch) (?:pod )?metrics",
        "no metrics (?:returned from|to serve|known)|Metrics API not available|invalid metrics \\(|did not receive me"
        "trics for",
    ),
    (
        "node",
        "has been rebooted|(?:Image|Container)GCFailed|FailedNodeAllocatableEnforcement|InvalidDiskCapacity|CIDRNotAv"
        "ailable|CIDRAssignmentFailed",
        "FailedToCreateRoute|NodeNotReady|NodeStatusUnknown|Kubelet stopped posting|Node is not ready",
        "container runtime (?:is down|network not ready)",
        r"PLEG is not healthy|KubeletNotReady|node \S{1,253} not ready|\bnode \W{0,3}[\w.-]{1,253}\W{0,3} not found",
        "validate (?:service connection|CRI v1)|Unable to register node|container runtime is not running",
        "failed to run Kubelet|running with swap on is not supported",
    ),
    (
        "unit_failed",
        r"Failed with result '[\w-]{1,40}'|Main process exited, code=|Start request repeated too quickly",
        r"Unit \S{1,120}\.service (?:could not be|not) found|Job for \S{1,120} failed|Dependency failed for",
        r"\.service: (?:Failed|Control process exited|Scheduled restart job)|Failed to start \S{1,120}\.service",
    ),
)
