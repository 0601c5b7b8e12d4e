namespace Serverless.Api.Wire;

/// <summary>Something worth knowing before a job is paid for. <c>code</c> is <c>data</c>, <c>few_examples</c>, <c>shared_examples</c>, <c>ignored_field</c>, <c>truncated_examples</c>, <c>memory</c> or <c>budget</c>.</summary>
internal sealed record PlanWarningObject(string Code, string Message, string? Param);
