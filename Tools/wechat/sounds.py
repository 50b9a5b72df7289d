"""Voice messages: SILK v3 as WeChat writes it, and AMR narrow-band.

SILK: 02 "#!SILK_V3", then frames of 20 ms, each a little-endian length of two bytes and that many bytes, no end mark.
AMR:  "#!AMR\\n", then frames of 20 ms; type 0 (4.75 kbit/s) is one head byte 04 and 12 bytes, and any bits decode.
"""

import base64
import struct
from functools import cache

# Twenty frames of a real encoder: 0.4 s of a tone made for this, 330 then 440 Hz, 24 kHz mono.
_TONE = """
CIEd5gP{Yu@8ms`boTOWk(|C(C3C)*P&XfNa)Wj>0<Dcg>B02BF93f<m{5;M4FlF3lL~a2DqgH9b-*82Mjbau(p%FUEV6(B+Hj-DrV8urX;ZLr
*Bt<WG*U_3y!xagSlO!yd(QVA$l>HSYF2|P`Dh*6MgV}Sv3~rPX=kmlJ(RD5xfa<oJe_Nmk%90rBh(O}HKGX;C<|z82bZF7iy1%YVkvv99zg!K
V<tmF>^GiX1{j+r#&^edLjZuPv3~j<cV}!qn{BwqqcM1&zxwdv;1oGsi3X-1+{$hOVsmb`xlY!Q;qn+p(PiD0su;S&ll5(vB}3-
hgGNlze@Os<s<D3<X#f=hKX0am0EGiwL0r69qOg}#1_LmPB24MX{Vil3&rgC3Ps)ER?7pv1#UHY&0BVl^ii(tj9>e_z+9v4AXSi%bUI2iqv3~o
&V|J4-
bDj}64+_dnoRS`s2zc$zz0PF0jDHNx3+B3W`nF4YK;U6jvm|o{n<vq_N1N~9iap%OU4@cAqtK1Qci0<`EIO*rYQngrmVb3!F2_BZeyzSAPXK_b
v3~rPX=kmlU}k)p;%?IAxhgb=yTEEqj%ak_-
`|A8<+?6y_)D9VtsTdgiTS$f<N7&s5rv94pSZ4}7cTX^%ljLb#wW3PDJ4$yFEjvxMYbCao%dlGr+6e?+oVA3TB<s=IBi_H`51X`9JgLu<6?M)%
8|J0idn%R1oKc6p7&oN0F$jyzzR=Ijcz_1k7n2G70x(=3YTnX+@PIl{5L%2F+V~8fwiCd#0{L`rN@hwdT8~vmdDYlX<eVHr}Z}`fz?-
Se=3Gk1D;M`+bAv_u$DKq410*H*)hFo(%R4tEu<JvsvjZ%fmn|Y4%Uv(sF|z_^rQv0m~13yhtNAxh*)2NV$L}aGPF1Vfhm>$xrB%%T~}q@zjH@
1MEbJpLlD!;Lj<-
7o{f<do_td~S1t}vq<+mf6bkf6jtXAb^p`usJOF^UIUWfx7kxlBPvs?i{y`MC`j}{<2z)pyCSEY1I&GQ!7&fY@(0!hIJm;!oE1gTlCV^GV;Hlw
^#Gga}fVMdeCfBQ=k;tF-Dd*GQ?js+vAhn|uN14XA$}bS<eM#j|AqvjG=1TQ;llxAU?rP;Z&)~*1O$&MH9qZ!3!R^k|EdYSFISnS)tDup{%jo!
tnLGy}Ewk8jPzJ;_p_Pnlg^F`X;Q`)d58B~YJ+^%&0D!!@MX=_1NT|Y76i9bd%?sW}F$O01AOeqamO~zhTr}f`D*ri20D!hR9tkiPeLyySNEp0
vayH%{#4S|v$BS9ct(Sa4DKutRNA+Qj3jS4P-
*$xap@AXJa=XpO(OAQwitqzP*fquCwvJMVjK3HFfT1C5^Qxlk40O)T^7B(Hd8XiGWd}KbA^?BvwWQ6|Sgl#}qadrl6IaEk?P-
Pwt+G>tKZcRBa);X=
"""


@cache
def _frames():
    data = base64.b85decode("".join(_TONE.split()))
    frames, at = [], 0
    while at < len(data):
        length = struct.unpack_from("<H", data, at)[0]
        frames.append(data[at:at + 2 + length])
        at += 2 + length
    return frames


def silk(rng, milliseconds):
    """The tone over and over, beginning at a chance frame: no two voices alike, all of them playable."""
    frames = _frames()
    count = max(1, milliseconds // 20)
    order = [rng.randrange(len(frames))]
    while len(order) < count:
        order.append((order[-1] + (1 if rng.random() < 0.97 else 7)) % len(frames))
    return b"\x02#!SILK_V3" + b"".join([frames[number] for number in order])


def amr(rng, milliseconds):
    count = max(1, milliseconds // 20)
    noise = rng.randbytes(12 * count)
    return b"#!AMR\n" + b"".join([b"\x04" + noise[at:at + 12] for at in range(0, len(noise), 12)])
