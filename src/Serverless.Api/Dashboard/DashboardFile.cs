namespace Serverless.Api.Dashboard;

/// <summary>One static file of the page.</summary>
/// <param name="ETag">Changes with the content.</param>
internal sealed record DashboardFile(byte[] Content, string ContentType, string ETag);
