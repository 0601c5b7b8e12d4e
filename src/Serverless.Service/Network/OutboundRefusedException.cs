namespace Serverless.Service.Network;

/// <summary>A request was not sent, because of where it would have gone; see <see cref="OutboundPolicy"/>. Trying again changes nothing.</summary>
public sealed class OutboundRefusedException(string message) : HttpRequestException(message);
