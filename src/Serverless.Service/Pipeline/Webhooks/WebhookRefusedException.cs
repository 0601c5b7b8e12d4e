namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>An endpoint did not take a message; it is tried again.</summary>
public sealed class WebhookRefusedException(string message) : Exception(message);
