namespace Serverless.Service.Network;

/// <summary>Judges each request before it is sent, and says plainly what was refused when it was to be connected.</summary>
internal sealed class OutboundHandler(OutboundPolicy policy, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (policy.FaultOf(request.RequestUri!) is { } fault)
            throw new OutboundRefusedException(fault);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException wrapped) when (wrapped.InnerException is OutboundRefusedException refused)
        {
            throw new OutboundRefusedException(refused.Message);
        }
    }
}
